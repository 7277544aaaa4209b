package redisstore

import "github.com/gojobgen/jobgen/storage"

// Replies of scripts are int64, string, nil and []any of these. The functions here take
// what they expect and give the zero value for anything else.

func asString(v any) string {
	s, _ := v.(string)
	return s
}

func asInt(v any) int64 {
	n, _ := v.(int64)
	return n
}

func asList(v any) []any {
	l, _ := v.([]any)
	return l
}

// asBytes is nil for what is not there.
func asBytes(v any) []byte {
	if s, ok := v.(string); ok {
		return []byte(s)
	}
	return nil
}

func asID(v any) (id storage.ID) {
	copy(id[:], asString(v))
	return id
}
