package codec

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Marshal is json.Marshal of v.
func Marshal(v any) ([]byte, error) {
	switch x := v.(type) {
	case int64:
		return strconv.AppendInt(nil, x, 10), nil
	case int:
		return strconv.AppendInt(nil, int64(x), 10), nil
	case string:
		return appendText(make([]byte, 0, len(x)+2), x)
	}
	r := reflect.ValueOf(v)
	if r.Kind() != reflect.Pointer || r.IsNil() {
		return json.Marshal(v)
	}
	r = r.Elem()
	p := planOf(r.Type())
	if p == nil {
		return json.Marshal(v)
	}
	return p.write(r)
}

func (p *plan) write(r reflect.Value) (b []byte, err error) {
	size := 1
	for i, f := range p.fields {
		size += len(f.key) + 8
		if f.kind == text {
			size += r.Field(i).Len()
		}
	}
	b = make([]byte, 0, size)
	for i, f := range p.fields {
		b = append(b, f.key...)
		v := r.Field(i)
		switch f.kind {
		case boolean:
			b = strconv.AppendBool(b, v.Bool())
		case signed:
			b = strconv.AppendInt(b, v.Int(), 10)
		case unsigned:
			b = strconv.AppendUint(b, v.Uint(), 10)
		case text:
			b, err = appendText(b, v.String())
		default:
			var data []byte
			data, err = json.Marshal(v.Addr().Interface())
			b = append(b, data...)
		}
		if err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

// appendText writes a text as encoding/json does.
func appendText(b []byte, s string) ([]byte, error) {
	if !plain(s) {
		data, err := json.Marshal(s)
		return append(b, data...), err
	}
	return append(append(append(b, '"'), s...), '"'), nil
}

// plain reports whether a text stands in JSON as it is.
func plain(s string) bool {
	ascii := true
	for i := range len(s) {
		switch c := s[i]; {
		case c >= utf8.RuneSelf:
			ascii = false
		case !asItIs[c]:
			return false
		}
	}
	// These two end lines in JavaScript; encoding/json writes them by their numbers.
	return ascii || utf8.ValidString(s) && !strings.ContainsAny(s, "\u2028\u2029")
}
