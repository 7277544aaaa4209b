package model

import (
	"go/types"
)

// methods says how a type takes part in its own encoding.
type methods struct {
	json, text                   *types.Func // MarshalJSON, MarshalText
	unmarshalJSON, unmarshalText bool
	promoted                     bool // the one that is used comes from an embedded field
}

func (m methods) none() bool { return m.json == nil && m.text == nil }

// marshaling looks for the methods that encoding/json asks for, those of the pointer
// included.
func marshaling(t types.Type) methods { return marshalingOf(t, true) }

// marshalingOf is marshaling for a value that may not be addressable, whose writing
// methods then have to take a value.
func marshalingOf(t types.Type, addressable bool) methods {
	var m methods
	find := func(name string, params, results int) (*types.Func, bool) {
		pointers := addressable || params > 0 // JSON is always read into a variable
		object, index, _ := types.LookupFieldOrMethod(t, pointers, nil, name)
		fn, ok := object.(*types.Func)
		if !ok || fn.Signature().Params().Len() != params || fn.Signature().Results().Len() != results {
			return nil, false
		}
		return fn, len(index) > 1
	}
	var jsonPromoted, textPromoted bool
	m.json, jsonPromoted = find("MarshalJSON", 0, 2)
	m.text, textPromoted = find("MarshalText", 0, 2)
	read, _ := find("UnmarshalJSON", 1, 1)
	m.unmarshalJSON = read != nil
	read, _ = find("UnmarshalText", 1, 1)
	m.unmarshalText = read != nil
	m.promoted = jsonPromoted || m.json == nil && textPromoted
	return m
}

// others are the named exported fields of a struct, which are lost when an embedded
// field writes the JSON of the whole.
func others(t types.Type) []string {
	st, ok := t.Underlying().(*types.Struct)
	if !ok {
		return nil
	}
	var names []string
	for v := range st.Fields() {
		if v.Exported() && !v.Embedded() {
			names = append(names, v.Name())
		}
	}
	return names
}
