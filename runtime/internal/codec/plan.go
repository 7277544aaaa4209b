// Package codec writes and reads arguments and results as encoding/json does, to the
// byte, and does it itself where that is simple: for structs of numbers, booleans and
// texts in the form in which they were written. Most jobs have no other arguments, and
// for them encoding/json was a fifth of what the client's processor did. Everything
// else it leaves to encoding/json.
package codec

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strings"
	"sync"
)

// plan is how a struct is written and read, field by field.
type plan struct {
	fields []field
	reads  bool // all fields are simple
}

type field struct {
	key  string // with its quotes and what stands before and behind it
	kind kind
}

// kind is a sort of simple field; others are written by encoding/json.
type kind uint8

const (
	other kind = iota
	boolean
	signed
	unsigned
	text
)

var plans sync.Map // reflect.Type -> *plan; nil: not ours

// planOf is the plan for a type, or nil.
func planOf(t reflect.Type) *plan {
	if p, ok := plans.Load(t); ok {
		return p.(*plan)
	}
	p := newPlan(t)
	plans.Store(t, p)
	return p
}

// inNames are the characters of names; others may be none that encoding/json takes.
const inNames = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

func newPlan(t reflect.Type) *plan {
	if t.Kind() != reflect.Struct || special(t) {
		return nil
	}
	p := &plan{reads: true}
	seen := make(map[string]bool)
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		// Names by which encoding/json would choose among fields are left to it.
		fold := strings.ToLower(name)
		if !f.IsExported() || f.Anonymous || name == "" || name == "-" || options != "" || strings.Trim(name, inNames) != "" || seen[fold] {
			return nil
		}
		seen[fold] = true
		before := ","
		if i == 0 {
			before = "{"
		}
		k := kindOf(f.Type)
		p.reads = p.reads && k != other
		p.fields = append(p.fields, field{key: before + `"` + name + `":`, kind: k})
	}
	if len(p.fields) == 0 {
		return nil
	}
	return p
}

func kindOf(t reflect.Type) kind {
	if special(t) {
		return other
	}
	switch t.Kind() {
	case reflect.Bool:
		return boolean
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return signed
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return unsigned
	case reflect.String:
		return text
	}
	return other
}

var own = []reflect.Type{
	reflect.TypeFor[json.Marshaler](), reflect.TypeFor[json.Unmarshaler](),
	reflect.TypeFor[encoding.TextMarshaler](), reflect.TypeFor[encoding.TextUnmarshaler](),
}

// special reports whether encoding/json has rules of its own for a type.
func special(t reflect.Type) bool {
	if t == reflect.TypeFor[json.Number]() {
		return true
	}
	for _, i := range own {
		if t.Implements(i) || reflect.PointerTo(t).Implements(i) {
			return true
		}
	}
	return false
}

// asItIs are the ASCII characters that encoding/json writes as they are.
var asItIs = func() (ok [0x80]bool) {
	for c := range ok {
		ok[c] = c >= ' ' && !strings.ContainsRune("\"\\<>&", rune(c))
	}
	return ok
}()
