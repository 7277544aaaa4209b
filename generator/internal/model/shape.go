package model

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"go/types"
	"slices"
	"strings"
)

// Fingerprint names the schema of a job's arguments: the first 16 hexadecimal
// digits of the SHA-256 of their JSON shape. It changes when stored arguments could
// be read differently, and not when Go types are renamed or moved.
func Fingerprint(params []*Param) string {
	sum := sha256.Sum256([]byte(Shape(params)))
	return hex.EncodeToString(sum[:8])
}

// Shape is the JSON that the parameters are stored as, as text: {"id":int64,...},
// keys sorted.
func Shape(params []*Param) string {
	sorted := slices.SortedFunc(slices.Values(params), func(a, b *Param) int { return cmp.Compare(a.Name, b.Name) })
	parts := make([]string, len(sorted))
	for i, p := range sorted {
		parts[i] = fmt.Sprintf("%q:%s", p.Name, shape(p.Type, nil))
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// shape describes one type. A type inside itself is ^n, n being how many named types
// further out it stands, so that recursion ends and names do not matter.
func shape(t types.Type, around []string) string {
	if text, custom := customShape(t); custom {
		return text
	}
	if named, ok := types.Unalias(t).(*types.Named); ok {
		key := types.TypeString(named, nil)
		if at := slices.Index(around, key); at >= 0 {
			return fmt.Sprintf("^%d", len(around)-at)
		}
		if len(around) > maxDepth {
			return "..."
		}
		around = append(slices.Clip(around), key)
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return basicShape(u)
	case *types.Pointer:
		return "?" + shape(u.Elem(), around)
	case *types.Slice:
		if isByte(u.Elem()) {
			return "bytes"
		}
		return "[" + shape(u.Elem(), around) + "]"
	case *types.Array:
		return fmt.Sprintf("[%d %s]", u.Len(), shape(u.Elem(), around))
	case *types.Map:
		return "{*" + shape(u.Key(), around) + ":" + shape(u.Elem(), around) + "}"
	case *types.Struct:
		return structShape(u, around)
	}
	return "any"
}

func structShape(st *types.Struct, around []string) string {
	list := fieldsOf(st)
	parts := make([]string, len(list))
	for i, f := range list {
		text := shape(f.typ, around)
		if f.quoted {
			text = `"` + text + `"`
		}
		parts[i] = fmt.Sprintf("%q:%s", f.name, text)
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// basicShape keeps the width of numbers, since a narrower one cannot read all values
// of a wider, but takes int for int64: nobody runs the two side by side.
func basicShape(t *types.Basic) string {
	switch t.Kind() {
	case types.Int:
		return "int64"
	case types.Uint, types.Uintptr:
		return "uint64"
	}
	return types.Typ[t.Kind()].Name()
}

// customShape describes types that write their own JSON: all that is known of them
// is that they do.
func customShape(t types.Type) (string, bool) {
	if named, ok := types.Unalias(t).(*types.Named); ok && named.Obj().Pkg() != nil &&
		named.Obj().Pkg().Path() == "time" && named.Obj().Name() == "Time" {
		return "time", true
	}
	if _, ok := t.Underlying().(*types.Interface); ok {
		return "", false
	}
	if _, ok := types.Unalias(t).(*types.Pointer); ok {
		return "", false
	}
	switch m := marshaling(t); {
	case m.json != nil:
		return "json", true
	case m.text != nil:
		return "text", true
	}
	return "", false
}

// isByte reports whether a slice of t is stored as base64 text.
func isByte(t types.Type) bool {
	basic, ok := t.Underlying().(*types.Basic)
	return ok && basic.Kind() == types.Uint8 && marshaling(t).none()
}
