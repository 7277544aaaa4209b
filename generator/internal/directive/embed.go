package directive

import (
	"go/ast"
	"go/token"
)

// embedding gathers the methods of one service, those of embedded interfaces
// included. They have to be declared in the same package, because directives are
// in the source and only there.
type embedding struct {
	*collector
	service *Service
	have    map[string]bool // methods so far
	active  map[string]bool // interfaces being read, against cycles
	failed  bool
}

// add appends the methods of body in source order. Defaults are what the
// interfaces around it say; the nearest wins.
func (e *embedding) add(body *ast.InterfaceType, defaults Options, report Report) {
	for _, field := range body.Methods.List {
		if len(field.Names) == 0 {
			e.embed(field, defaults)
			continue
		}
		options := e.options(field.Doc, onMethod, report).over(defaults)
		for _, name := range field.Names {
			if e.have[name.Name] {
				continue
			}
			e.have[name.Name] = true
			e.service.Methods = append(e.service.Methods, &Method{
				Name: name.Name, Doc: docText(field.Doc), Pos: name.Pos(), End: field.End(), Options: options,
			})
		}
	}
}

func (e *embedding) embed(field *ast.Field, defaults Options) {
	switch x := field.Type.(type) {
	case *ast.InterfaceType:
		e.add(x, defaults, e.report)
		return
	case *ast.Ident:
		e.named(x, x.Name, defaults)
		return
	case *ast.SelectorExpr:
		e.fail(field, "%s embeds %s.%s of another package, where jobgen cannot see directives: list its methods here", e.service.Name, x.X, x.Sel.Name)
	case *ast.IndexExpr, *ast.IndexListExpr:
		e.fail(field, "%s embeds a generic interface: list its methods here", e.service.Name)
	default:
		e.fail(field, "%s is a constraint: an interface of jobs has only methods", e.service.Name)
	}
}

// named embeds an interface of the same package, through as many names as it has.
func (e *embedding) named(at *ast.Ident, name string, defaults Options) {
	spec := e.types[name]
	if spec == nil {
		e.fail(at, "%s embeds %s, which this package does not declare: list its methods here", e.service.Name, name)
		return
	}
	switch x := spec.Type.(type) {
	case *ast.InterfaceType:
		if e.active[name] {
			return // the compiler reports the cycle
		}
		if spec.TypeParams != nil {
			e.fail(at, "%s embeds the generic interface %s: list its methods here", e.service.Name, name)
			return
		}
		e.active[name] = true
		// What is wrong inside is reported where the embedded interface is read itself.
		quiet := Report(func(token.Pos, string) {})
		e.add(x, e.options(e.docs[name], onInterface, quiet).over(defaults), quiet)
		delete(e.active, name)
	case *ast.Ident:
		e.named(at, x.Name, defaults)
	case *ast.SelectorExpr:
		e.fail(at, "%s embeds %s, which is %s.%s of another package, where jobgen cannot see directives: list its methods here",
			e.service.Name, name, x.X, x.Sel.Name)
	default:
		e.fail(at, "%s embeds %s, which is no interface: an interface of jobs has only methods", e.service.Name, name)
	}
}

func (e *embedding) fail(at ast.Node, format string, args ...any) {
	e.failed = true
	e.report.Addf(at.Pos(), format, args...)
}
