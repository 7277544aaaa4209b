package model

import (
	"fmt"
	"go/token"
	"go/types"
	"reflect"
	"strings"
)

// subject is what is being checked: a parameter or a result.
type subject struct {
	method   string
	path     string // how a message names it
	param    bool
	pos, end token.Pos // of its declaration
}

// maxDepth stops types that grow with every step into them.
const maxDepth = 100

// storable reports everything in a type that JSON cannot carry there and back, with
// the path to it.
func (r *resolver) storable(t types.Type, s subject) bool {
	w := walker{resolver: r, subject: s, active: map[string]bool{}, ok: true}
	w.walk(t, spot{path: s.path, addressable: s.param})
	return w.ok
}

type walker struct {
	*resolver
	subject subject
	active  map[string]bool // named types around the current one
	field   token.Pos       // of the struct field being walked
	ok      bool
}

// spot is where the walk stands.
type spot struct {
	path  string
	depth int
	// addressable: the encoder can call methods of the pointer. Arguments are encoded
	// through a pointer, results and the values of maps are not.
	addressable bool
}

// in is one step further in.
func (s spot) in(path string, addressable bool) spot {
	return spot{s.path + path, s.depth + 1, addressable}
}

func (w *walker) walk(t types.Type, at spot) {
	path := at.path
	if at.depth > maxDepth {
		w.flaw(path, "is nested too deep to be stored as JSON")
		return
	}
	if named, ok := types.Unalias(t).(*types.Named); ok {
		key := types.TypeString(named, nil)
		if w.active[key] {
			return
		}
		w.active[key] = true
		defer delete(w.active, key)
	}
	if w.custom(t, at) {
		return
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		w.basic(u, path)
	case *types.Pointer:
		w.walk(u.Elem(), at.in("", true))
	case *types.Slice:
		w.walk(u.Elem(), at.in("[]", true))
	case *types.Array:
		w.walk(u.Elem(), at.in("[]", at.addressable))
	case *types.Map:
		w.key(u.Key(), path)
		w.walk(u.Elem(), at.in("[]", false))
	case *types.Struct:
		w.fields(t, u, at)
	case *types.Interface:
		if !u.Empty() {
			w.flaw(path, "is the interface %s; JSON does not tell which type to read back: use a concrete type", textOf(t))
		}
	case *types.Signature:
		w.cannot(path, "a func")
	case *types.Chan:
		w.cannot(path, "a chan")
	default:
		w.cannot(path, "of type "+textOf(t))
	}
}

func (w *walker) basic(t *types.Basic, path string) {
	switch {
	case t.Kind() == types.Invalid:
		w.unresolved(path)
	case t.Kind() == types.UnsafePointer:
		w.cannot(path, "an unsafe.Pointer")
	case t.Info()&types.IsComplex != 0:
		w.cannot(path, "a "+t.Name())
	}
}

func (w *walker) key(t types.Type, path string) {
	if basic, ok := t.Underlying().(*types.Basic); ok && basic.Kind() == types.Invalid {
		w.unresolved(path)
		return
	}
	if m := marshalingOf(t, false); m.text != nil && m.unmarshalText {
		return
	}
	if basic, ok := t.Underlying().(*types.Basic); ok && basic.Info()&(types.IsString|types.IsInteger) != 0 {
		return
	}
	w.flaw(path, "is a map with keys of type %s; JSON has only text for keys: use a string, an integer or a type with MarshalText and UnmarshalText", textOf(t))
}

func (w *walker) fields(t types.Type, st *types.Struct, at spot) {
	list := fieldsOf(st)
	if len(list) == 0 && hidden(st) {
		w.flaw(at.path, "is a %s, which has no exported fields and no MarshalJSON: its data would be lost", textOf(t))
	}
	for _, f := range list {
		in := at.in("."+f.path, at.addressable)
		if f.unreachable {
			w.flaw(in.path, "is promoted from an embedded pointer to an unexported struct; JSON cannot be read back into it: embed the struct itself")
			continue
		}
		w.field = f.pos
		w.walk(f.typ, in)
	}
}

// hidden reports whether a struct has fields, none of which says that it is left out
// on purpose.
func hidden(st *types.Struct) bool {
	for i := range st.NumFields() {
		if reflect.StructTag(st.Tag(i)).Get("json") == "-" {
			return false
		}
	}
	return st.NumFields() > 0
}

// custom handles types that write and read their own JSON.
func (w *walker) custom(t types.Type, at spot) bool {
	path, m := at.path, marshaling(t)
	if m.none() {
		return false
	}
	if _, ok := t.Underlying().(*types.Interface); ok {
		return false
	}
	switch {
	case !at.addressable && marshalingOf(t, false).none():
		w.flaw(path, "is a %s, whose method for JSON takes a pointer and is not called here: use *%s", textOf(t), textOf(t))
	case m.promoted && len(others(t)) > 0:
		w.flaw(path, "is a %s, which takes its JSON from an embedded field, so that %s would be lost: name that field",
			textOf(t), strings.Join(others(t), ", "))
	case m.json != nil && !m.unmarshalJSON:
		w.flaw(path, "is a %s, which has MarshalJSON but no UnmarshalJSON: it could be stored and not read back", textOf(t))
	case m.json == nil && m.text != nil && !m.unmarshalText:
		w.flaw(path, "is a %s, which has MarshalText but no UnmarshalText: it could be stored and not read back", textOf(t))
	}
	return true
}

// flaw reports what is wrong with the value at path.
func (w *walker) flaw(path, format string, args ...any) {
	w.ok = false
	w.Report.Addf(w.subject.pos, "%s: %s %s", w.subject.method, w.named(path), fmt.Sprintf(format, args...))
}

func (w *walker) cannot(path, what string) {
	kind := "results"
	if w.subject.param {
		kind = "job arguments"
	}
	w.flaw(path, "is %s; %s are stored as JSON and cannot hold one", what, kind)
}

// named is the value at path for a message.
func (w *walker) named(path string) string {
	switch {
	case path != w.subject.path:
		return path
	case w.subject.param:
		return fmt.Sprintf("parameter %q", path)
	}
	return "the result"
}
