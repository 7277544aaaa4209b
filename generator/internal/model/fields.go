package model

import (
	"cmp"
	"go/token"
	"go/types"
	"reflect"
	"slices"
	"strings"
	"unicode"
)

// field is one field of a struct as encoding/json sees it.
type field struct {
	name   string // the JSON key
	path   string // the Go selector
	typ    types.Type
	pos    token.Pos
	quoted bool // stored as a string by the option ,string

	depth  int
	tagged bool
	// unreachable: through an embedded pointer to an unexported struct, which
	// encoding/json can write and not read.
	unreachable bool
}

// fieldsOf lists the fields that encoding/json stores, by key: exported ones, and
// those promoted from embedded structs, by Go's rules with JSON keys for names.
func fieldsOf(root *types.Struct) []field {
	var all []field
	visited := map[*types.Struct]bool{}
	next := []nested{{st: root}}
	for depth := 0; len(next) > 0; depth++ {
		now := next
		next = nil
		for _, n := range now {
			if visited[n.st] {
				continue
			}
			visited[n.st] = true
			for i := range n.st.NumFields() {
				f, inner := n.field(i)
				if inner != nil {
					next = append(next, *inner)
				} else if f != nil {
					f.depth = depth
					all = append(all, *f)
				}
			}
		}
	}
	return dominant(all)
}

// nested is a struct that is embedded in another, or the outermost.
type nested struct {
	st          *types.Struct
	path        string
	unreachable bool
}

// field is what field i adds: a field of its own, or the fields of a struct; or
// nothing.
func (n nested) field(i int) (*field, *nested) {
	v := n.st.Field(i)
	tag := reflect.StructTag(n.st.Tag(i)).Get("json")
	inner, pointer := embedded(v)
	if tag == "-" || !v.Exported() && inner == nil {
		return nil, nil
	}
	key, options, _ := strings.Cut(tag, ",")
	if !validKey(key) {
		key = ""
	}
	path := join(n.path, v.Name())
	if inner != nil && key == "" {
		return nil, &nested{inner, path, n.unreachable || pointer && !v.Exported()}
	}
	return &field{
		name: cmp.Or(key, v.Name()), path: path, typ: v.Type(), pos: v.Pos(),
		tagged: key != "", unreachable: n.unreachable || pointer && !v.Exported(),
		quoted: slices.Contains(strings.Split(options, ","), "string") && quotable(v.Type()),
	}, nil
}

// embedded is the struct that v embeds; nil: v is a field of its own.
func embedded(v *types.Var) (inner *types.Struct, pointer bool) {
	if !v.Embedded() {
		return nil, false
	}
	t := types.Unalias(v.Type())
	if p, ok := t.(*types.Pointer); ok {
		t, pointer = p.Elem(), true
	}
	inner, _ = t.Underlying().(*types.Struct)
	return inner, pointer
}

// dominant keeps one field for each key: the least nested, among these the tagged
// one, and none when that leaves several.
func dominant(all []field) []field {
	slices.SortStableFunc(all, func(a, b field) int {
		return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.depth, b.depth), -compareBool(a.tagged, b.tagged))
	})
	var kept []field
	for i := 0; i < len(all); {
		end := i + 1
		for end < len(all) && all[end].name == all[i].name {
			end++
		}
		if end == i+1 || all[i].depth != all[i+1].depth || all[i].tagged != all[i+1].tagged {
			kept = append(kept, all[i])
		}
		i = end
	}
	return kept
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// quotable reports whether the option ,string has an effect.
func quotable(t types.Type) bool {
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	basic, ok := t.Underlying().(*types.Basic)
	return ok && basic.Info()&(types.IsString|types.IsInteger|types.IsFloat|types.IsBoolean) != 0
}

// validKey mirrors encoding/json: a key outside of these characters is ignored.
func validKey(s string) bool {
	for _, r := range s {
		if !strings.ContainsRune("!#$%&()*+-./:;<=>?@[]^_{|}~ ", r) && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return false
		}
	}
	return s != ""
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
