package directive

import (
	"go/ast"
	"go/token"
)

// leftovers reports the directives of a file that no declaration took, and the
// comments that would be directives with a small correction. A directive that is
// silently ignored is the worst of all failures.
func (c *collector) leftovers(f *ast.File) {
	owners := owners(f)
	for _, group := range f.Comments {
		for _, comment := range group.List {
			if c.used[comment] {
				continue
			}
			d, ok := ast.ParseDirective(comment.Slash, comment.Text)
			switch {
			case !ok || d.Tool != tool:
				nearMiss(comment, c.report)
			case owners[group] != "":
				c.report.Addf(comment.Slash, "//job:%s stands above %s: directives belong directly above an interface or a method of one", d.Name, owners[group])
			default:
				c.report.Addf(comment.Slash, "//job:%s belongs to nothing: put it in the comment directly above an interface or a method of one%s",
					d.Name, blankLine(group, f))
			}
		}
	}
}

// owners tells for the doc comments of declarations that cannot have directives
// what they describe.
func owners(f *ast.File) map[*ast.CommentGroup]string {
	owners := map[*ast.CommentGroup]string{}
	fields := func(list *ast.FieldList, what string) {
		for _, field := range list.List {
			owners[field.Doc] = what
			if len(field.Names) == 0 {
				owners[field.Doc] = "something embedded"
			}
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			owners[n.Doc] = "func " + n.Name.Name
		case *ast.GenDecl:
			owners[n.Doc] = describe(n)
		case *ast.TypeSpec:
			owners[n.Doc] = describeType(n)
		case *ast.ValueSpec:
			owners[n.Doc] = n.Names[0].Name
		case *ast.StructType:
			fields(n.Fields, "a field of a struct")
		case *ast.InterfaceType:
			fields(n.Methods, "a method of an interface that is not declared by type NAME interface")
		}
		return true
	})
	delete(owners, nil)
	return owners
}

func describe(n *ast.GenDecl) string {
	if n.Lparen.IsValid() || len(n.Specs) != 1 {
		return "a group of declarations"
	}
	switch spec := n.Specs[0].(type) {
	case *ast.TypeSpec:
		return describeType(spec)
	case *ast.ValueSpec:
		return n.Tok.String() + " " + spec.Names[0].Name
	}
	return "an import"
}

func describeType(n *ast.TypeSpec) string {
	_, isInterface := n.Type.(*ast.InterfaceType)
	_, isStruct := n.Type.(*ast.StructType)
	switch {
	case n.Assign.IsValid():
		return "the alias " + n.Name.Name
	case isInterface:
		return "" // it takes its own
	case isStruct:
		return "struct " + n.Name.Name
	}
	return "type " + n.Name.Name
}

// blankLine is the end of a message about a comment that only a blank line parts
// from an interface or a method.
func blankLine(group *ast.CommentGroup, f *ast.File) string {
	found := ""
	// There are no lines here, but a blank line is two line ends: what follows begins
	// right behind them and its indentation, with nothing in between since from.
	look := func(from token.Pos, n ast.Node, doc *ast.CommentGroup, what string) {
		to := n.Pos()
		if doc != nil {
			to = doc.Pos()
		}
		const lineEnds = token.Pos(len("\r\n\r\n\t"))
		if gap := to - group.End(); from < group.Pos() && 0 < gap && gap <= lineEnds {
			found = "; a blank line parts it from " + what + ": remove that line"
		}
	}
	from := f.Name.End()
	for _, decl := range f.Decls {
		group, ok := decl.(*ast.GenDecl)
		if ok && group.Tok == token.TYPE && len(group.Specs) == 1 {
			spec := group.Specs[0].(*ast.TypeSpec)
			if body, ok := spec.Type.(*ast.InterfaceType); ok {
				look(from, group, group.Doc, spec.Name.Name)
				from := body.Methods.Opening
				for _, m := range body.Methods.List {
					if len(m.Names) > 0 {
						look(from, m, m.Doc, m.Names[0].Name)
					}
					from = m.End()
				}
			}
		}
		from = decl.End()
	}
	return found
}
