package codec

import (
	"encoding/json"
	"math"
	"reflect"
	"unicode/utf8"
)

// Unmarshal is json.Unmarshal of data into v, which points to a zero value.
func Unmarshal(data []byte, v any) error {
	r := reflect.ValueOf(v)
	if r.Kind() != reflect.Pointer || r.IsNil() {
		return json.Unmarshal(data, v)
	}
	r = r.Elem()
	if p := planOf(r.Type()); p != nil && p.reads {
		if p.read(data, r) {
			return nil
		}
		r.SetZero()
	}
	return json.Unmarshal(data, v)
}

// read reads what write made; false where data is anything else, of which it may have
// read a part.
func (p *plan) read(data []byte, r reflect.Value) bool {
	at := 0
	for i := range p.fields {
		f := &p.fields[i]
		if end := at + len(f.key); end > len(data) || string(data[at:end]) != f.key {
			return false
		}
		at += len(f.key)
		n := 0
		switch v := r.Field(i); f.kind {
		case boolean:
			var value bool
			value, n = readBool(data[at:])
			v.SetBool(value)
		case text:
			var value string
			value, n = readText(data[at:])
			v.SetString(value)
		case signed:
			var value int64
			if value, n = readInt(data[at:]); v.OverflowInt(value) {
				return false
			}
			v.SetInt(value)
		case unsigned:
			var value uint64
			if value, n = readDigits(data[at:]); v.OverflowUint(value) {
				return false
			}
			v.SetUint(value)
		}
		if n == 0 {
			return false
		}
		at += n
	}
	return at == len(data)-1 && data[at] == '}'
}

// Each of these tells how many bytes the value has; 0 for what is to be left to
// encoding/json.

func readBool(b []byte) (value bool, n int) {
	switch {
	case len(b) >= 4 && string(b[:4]) == "true":
		return true, 4
	case len(b) >= 5 && string(b[:5]) == "false":
		return false, 5
	}
	return false, 0
}

func readInt(b []byte) (value int64, n int) {
	negative := len(b) > 0 && b[0] == '-'
	if negative {
		b = b[1:]
	}
	u, n := readDigits(b)
	if n == 0 || u > math.MaxInt64 {
		return 0, 0
	}
	if negative {
		return -int64(u), n + 1
	}
	return int64(u), n
}

func readDigits(b []byte) (value uint64, n int) {
	for n < len(b) && b[n] >= '0' && b[n] <= '9' {
		value = 10*value + uint64(b[n]-'0')
		n++
	}
	// 19 digits are no overflow. A fraction or an exponent is no end of a field.
	if n > 19 || n > 1 && b[0] == '0' {
		return 0, 0
	}
	return value, n
}

func readText(b []byte) (value string, n int) {
	if len(b) == 0 || b[0] != '"' {
		return "", 0
	}
	ascii := true
	for n = 1; n < len(b) && b[n] != '"'; n++ {
		switch c := b[n]; {
		case c >= 0x80:
			ascii = false
		case c < ' ' || c == '\\':
			return "", 0
		}
	}
	if n == len(b) || !ascii && !utf8.Valid(b[1:n]) {
		return "", 0
	}
	return string(b[1:n]), n + 1
}
