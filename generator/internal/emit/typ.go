package emit

import (
	"fmt"
	"go/types"

	"github.com/dave/jennifer/jen"

	"github.com/gojobgen/jobgen/generator/internal/model"
)

// typ writes a type. An alias is written by its own name and never looked through:
// what it stands for may be internal to another module.
func typ(t types.Type) *jen.Statement {
	switch t := t.(type) {
	case *types.Alias:
		return name(t.Obj(), t.TypeArgs())
	case *types.Named:
		return name(t.Obj(), t.TypeArgs())
	case *types.TypeParam:
		return jen.Id(t.Obj().Name())
	case *types.Basic:
		if t.Kind() == types.UnsafePointer {
			return jen.Qual("unsafe", "Pointer")
		}
		return jen.Id(t.Name())
	case *types.Pointer:
		return jen.Op("*").Add(typ(t.Elem()))
	case *types.Slice:
		return jen.Index().Add(typ(t.Elem()))
	case *types.Array:
		return jen.Index(jen.Lit(int(t.Len()))).Add(typ(t.Elem()))
	case *types.Map:
		return jen.Map(typ(t.Key())).Add(typ(t.Elem()))
	case *types.Chan:
		return channel(t)
	case *types.Signature:
		return jen.Func().Add(signature(t))
	case *types.Struct:
		return structure(t)
	case *types.Interface:
		return iface(t)
	}
	panic(fmt.Sprintf("type %T cannot stand in a signature", t))
}

// name writes a declared type with its type arguments.
func name(obj *types.TypeName, args *types.TypeList) *jen.Statement {
	s := jen.Id(obj.Name())
	if obj.Pkg() != nil {
		s = jen.Qual(model.ImportPath(obj.Pkg()), obj.Name())
	}
	if args.Len() == 0 {
		return s
	}
	var list []jen.Code
	for arg := range args.Types() {
		list = append(list, typ(arg))
	}
	return s.Types(list...)
}

func channel(t *types.Chan) *jen.Statement {
	elem := typ(t.Elem())
	switch t.Dir() {
	case types.SendOnly:
		return jen.Chan().Op("<-").Add(elem)
	case types.RecvOnly:
		return jen.Op("<-").Chan().Add(elem)
	}
	return jen.Chan().Parens(elem) // chan (<-chan T) needs them
}

// signature writes parameters and results, without func.
func signature(sig *types.Signature) *jen.Statement {
	s := jen.Params(tuple(sig.Params(), sig.Variadic())...)
	results := tuple(sig.Results(), false)
	if len(results) == 1 && sig.Results().At(0).Name() == "" {
		return s.Add(results[0])
	}
	if len(results) > 0 {
		s = s.Params(results...)
	}
	return s
}

func tuple(list *types.Tuple, variadic bool) []jen.Code {
	var out []jen.Code
	for i := range list.Len() {
		v := list.At(i)
		s := typ
		if variadic && i == list.Len()-1 {
			s = func(t types.Type) *jen.Statement {
				return jen.Op("...").Add(typ(t.Underlying().(*types.Slice).Elem()))
			}
		}
		if v.Name() == "" {
			out = append(out, s(v.Type()))
			continue
		}
		out = append(out, jen.Id(v.Name()).Add(s(v.Type())))
	}
	return out
}

func structure(t *types.Struct) *jen.Statement {
	var fields []jen.Code
	for i := range t.NumFields() {
		v := t.Field(i)
		field := jen.Null()
		if !v.Embedded() {
			field = jen.Id(v.Name())
		}
		field = field.Add(typ(v.Type()))
		if tag := t.Tag(i); tag != "" {
			field = field.Lit(tag)
		}
		fields = append(fields, field)
	}
	return jen.Struct(fields...)
}

func iface(t *types.Interface) *jen.Statement {
	var list []jen.Code
	for e := range t.EmbeddedTypes() {
		list = append(list, typ(e))
	}
	for fn := range t.ExplicitMethods() {
		list = append(list, jen.Id(fn.Name()).Add(signature(fn.Signature())))
	}
	return jen.Interface(list...)
}
