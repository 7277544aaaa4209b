package model

import "go/types"

// walkNames visits the named types and aliases with which a type is written. What an
// alias stands for is not visited: it may be a type of an internal package, which
// nobody else can import.
func walkNames(t types.Type, visit func(*types.TypeName)) {
	switch t := t.(type) {
	case *types.Alias:
		visit(t.Obj())
		walkArgs(t.TypeArgs(), visit)
	case *types.Named:
		visit(t.Obj())
		walkArgs(t.TypeArgs(), visit)
	case *types.Basic:
		if t.Kind() == types.UnsafePointer {
			visit(types.Unsafe.Scope().Lookup("Pointer").(*types.TypeName))
		} else if obj, ok := types.Universe.Lookup(t.Name()).(*types.TypeName); ok {
			visit(obj)
		}
	case *types.Pointer:
		walkNames(t.Elem(), visit)
	case *types.Slice:
		walkNames(t.Elem(), visit)
	case *types.Array:
		walkNames(t.Elem(), visit)
	case *types.Chan:
		walkNames(t.Elem(), visit)
	case *types.Map:
		walkNames(t.Key(), visit)
		walkNames(t.Elem(), visit)
	case *types.Signature:
		walkNames(t.Params(), visit)
		walkNames(t.Results(), visit)
	case *types.Tuple:
		for v := range t.Variables() {
			walkNames(v.Type(), visit)
		}
	case *types.Struct:
		for v := range t.Fields() {
			walkNames(v.Type(), visit)
		}
	case *types.Interface:
		for fn := range t.ExplicitMethods() {
			walkNames(fn.Signature(), visit)
		}
		for e := range t.EmbeddedTypes() {
			walkNames(e, visit)
		}
	case *types.Union:
		for term := range t.Terms() {
			walkNames(term.Type(), visit)
		}
	}
}

func walkArgs(args *types.TypeList, visit func(*types.TypeName)) {
	for arg := range args.Types() {
		walkNames(arg, visit)
	}
}
