package directive

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// Service is an interface whose methods are jobs: one with a directive above it or
// above a method of it.
type Service struct {
	Name    string
	Doc     string
	Pos     token.Pos // of the name
	Options Options
	Methods []*Method
}

// Method is one job.
type Method struct {
	Name     string
	Doc      string
	Pos, End token.Pos
	Options  Options // with what the interface says filled in
}

// Collect finds the services declared in files and reports every directive that
// belongs to none. Interfaces they embed may also stand in others, whose own
// services and problems are not looked at.
func Collect(files, others []*ast.File, report Report) []*Service {
	c := collector{
		report: report,
		types:  map[string]*ast.TypeSpec{},
		docs:   map[string]*ast.CommentGroup{},
		used:   map[*ast.Comment]bool{},
	}
	for _, f := range slices.Concat(others, files) {
		eachType(f, func(spec *ast.TypeSpec, doc *ast.CommentGroup) {
			c.types[spec.Name.Name], c.docs[spec.Name.Name] = spec, doc
		})
	}
	var services []*Service
	for _, f := range files {
		eachType(f, func(spec *ast.TypeSpec, doc *ast.CommentGroup) {
			if s := c.service(spec, doc); s != nil {
				services = append(services, s)
			}
		})
	}
	for _, f := range files {
		c.leftovers(f)
	}
	return services
}

// eachType calls visit for the type declarations of f with their doc comments.
func eachType(f *ast.File, visit func(*ast.TypeSpec, *ast.CommentGroup)) {
	for _, decl := range f.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok || group.Tok != token.TYPE {
			continue
		}
		for _, spec := range group.Specs {
			spec := spec.(*ast.TypeSpec)
			doc := spec.Doc
			if !group.Lparen.IsValid() {
				doc = group.Doc
			}
			visit(spec, doc)
		}
	}
}

type collector struct {
	report Report
	types  map[string]*ast.TypeSpec
	docs   map[string]*ast.CommentGroup // of the types
	used   map[*ast.Comment]bool
}

// service reads one type declaration; nil: it is no service.
func (c *collector) service(spec *ast.TypeSpec, doc *ast.CommentGroup) *Service {
	body, ok := spec.Type.(*ast.InterfaceType)
	if !ok || spec.Assign.IsValid() || !c.annotated(body, doc) {
		return nil
	}
	s := &Service{Name: spec.Name.Name, Doc: docText(doc), Pos: spec.Name.Pos()}
	s.Options = c.options(doc, onInterface, c.report)
	if spec.TypeParams != nil {
		c.report.Addf(spec.TypeParams.Pos(), "%s has type parameters: an interface of jobs cannot have any, its types are fixed where it is declared", s.Name)
		c.consume(body)
		return nil
	}
	e := embedding{collector: c, service: s, have: map[string]bool{}, active: map[string]bool{s.Name: true}}
	e.add(body, s.Options, c.report)
	if len(s.Methods) == 0 && !e.failed {
		c.report.Addf(s.Pos, "%s has no methods: every method of the interface is a job, so there is nothing to generate", s.Name)
	}
	return s
}

// annotated reports whether there is a directive above the interface or a method.
func (c *collector) annotated(body *ast.InterfaceType, doc *ast.CommentGroup) bool {
	if hasDirective(doc) {
		return true
	}
	for _, field := range body.Methods.List {
		if len(field.Names) > 0 && hasDirective(field.Doc) {
			return true
		}
	}
	return false
}

func hasDirective(group *ast.CommentGroup) bool {
	if group == nil {
		return false
	}
	for _, comment := range group.List {
		if d, ok := ast.ParseDirective(comment.Slash, comment.Text); ok && d.Tool == tool {
			return true
		}
	}
	return false
}

// options reads the directives of one doc comment.
func (c *collector) options(doc *ast.CommentGroup, at place, report Report) Options {
	var o Options
	if doc == nil {
		return o
	}
	seen := map[string]bool{}
	for _, comment := range doc.List {
		broken := false
		d, ok := Parse(comment.Slash, comment.Text, func(pos token.Pos, message string) {
			broken = true
			report(pos, message)
		})
		if !ok {
			continue
		}
		c.used[comment] = true
		if !broken {
			d.apply(&o, at, seen, report)
		}
	}
	return o
}

// consume marks the directives of methods as dealt with.
func (c *collector) consume(body *ast.InterfaceType) {
	for _, field := range body.Methods.List {
		c.options(field.Doc, onMethod, func(token.Pos, string) {})
	}
}

// docText is a doc comment without directives.
func docText(doc *ast.CommentGroup) string { return strings.TrimSpace(doc.Text()) }
