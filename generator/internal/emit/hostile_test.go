package emit

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/gojobgen/jobgen/generator/internal/directive"
	"github.com/gojobgen/jobgen/generator/internal/model"
)

// The face of the packages that generated code uses, as far as types go. That it is
// the real one, the stories check.
var faces = []struct{ path, source string }{
	{"context", "package context\ntype Context interface{ Done() }"},
	{"time", "package time\ntype Time struct{}\ntype Duration int64\nconst Second Duration = 1"},
	{"example.com/deep/model", "package model\ntype In struct{ X int }"},
	{"example.com/runtime", "package runtime\ntype In struct{ X int }"},
	{model.RuntimePath, `package runtime
type (
	Enqueuer interface{ Enqueue() }
	Option func()
	Parent interface{ IDs() }
	Handle[T any] struct{}
	Call[T any] struct{}
	None struct{}
	Dispatcher struct{}
)`},
	{model.GeneratedPath, `package generated
import ("context"; "time"; "github.com/gojobgen/jobgen/runtime")
const V1 = 1
type Spec struct { Kind, Fingerprint, Result, Input, Queue string; Params []Param; Timeout time.Duration }
type Param struct { Name, Type string; Secret bool }
func NewCall[R any](s *Spec, args any, opts []runtime.Option) (c runtime.Call[R]) { return }
func Enqueue[R any](context.Context, runtime.Enqueuer, runtime.Call[R]) (h runtime.Handle[R], err error) { return }
func Schedule[R any](context.Context, runtime.Enqueuer, time.Time, runtime.Call[R]) (h runtime.Handle[R], err error) { return }
func Continue[R any](context.Context, runtime.Enqueuer, runtime.Parent, runtime.Call[R]) (h runtime.Handle[R], err error) { return }
func ContinueInput[P, R any](context.Context, runtime.Enqueuer, runtime.Handle[P], string, runtime.Call[R]) (h runtime.Handle[R], err error) { return }
func Register[A, R any](*runtime.Dispatcher, *Spec, func(context.Context, *A) (R, error)) {}
`},
}

// hostile are parameter names that clash with something in the generated file.
var hostile = []string{
	"ctx", "opts", "at", "parent", "c", "d", "a", "impl", "via", "runtime", "generated", "time", "context", "stdctx",
	"error", "string", "nil", "any", "len", "T", "S", "SendJob", "sSendArgs", "sSendRest", "sSendSpec", "SClient", "model", "ctx2", "x",
}

// TestHostileNames generates code for services whose parameters, types and
// package-level names are chosen to clash, and checks that it compiles.
func TestHostileNames(t *testing.T) {
	w := world{}
	for _, f := range faces {
		w[f.path] = compile(t, w, f.path, f.source)
	}
	rapid.Check(t, func(t *rapid.T) {
		source := drawService(t)
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, "s.go", source, parser.ParseComments)
		if err != nil {
			t.Fatalf("%v\n%s", err, source)
		}
		pkg := compile(t, w, self, source)
		code := generate(t, file, pkg)
		made, err := parser.ParseFile(fset, "jobs_gen.go", code, 0)
		if err != nil {
			t.Fatalf("%v\n%s", err, code)
		}
		if _, err := (&types.Config{Importer: w}).Check(self, fset, []*ast.File{file, made}, nil); err != nil {
			t.Fatalf("%v\n%s\n%s", err, source, code)
		}
	})
}

// drawService writes a package with a service.
func drawService(t *rapid.T) string {
	var b strings.Builder
	b.WriteString("package self\n\nimport (\n\tstdctx \"context\"\n\tdeep \"example.com/deep/model\"\n\tother \"example.com/runtime\"\n)\n\n")
	b.WriteString("type T struct{ X int }\n\ntype S interface {\n")
	for i, method := range []string{"Send", "Other"} {
		names := rapid.SliceOfNDistinct(rapid.SampledFrom(hostile), 0, 5, rapid.ID).Draw(t, "names")
		if len(names) > 0 && rapid.Bool().Draw(t, "input") {
			fmt.Fprintf(&b, "\t//job:input %s\n", rapid.SampledFrom(names).Draw(t, "which"))
		}
		fmt.Fprintf(&b, "\t//job:name n%d\n\t//job:timeout 5s\n\t%s(_ stdctx.Context", i, method)
		for j, name := range names {
			dots := ""
			if j == len(names)-1 && rapid.Bool().Draw(t, "variadic") {
				dots = "..."
			}
			fmt.Fprintf(&b, ", %s %s%s", name, dots, drawType(t))
		}
		result := "error"
		if rapid.Bool().Draw(t, "result") {
			result = "(" + drawType(t) + ", error)"
		}
		fmt.Fprintf(&b, ") %s\n", result)
	}
	b.WriteString("}\n\ntype _ = deep.In\ntype _ = other.In\n\n")
	for _, name := range rapid.SliceOfDistinct(rapid.SampledFrom([]string{"runtime", "generated", "time", "context", "model", "ctx", "a"}), rapid.ID).Draw(t, "declared") {
		fmt.Fprintf(&b, "func %s() {}\n", name)
	}
	return b.String()
}

func drawType(t *rapid.T) string {
	return rapid.SampledFrom([]string{"T", "string", "[]int", "map[string]T", "deep.In", "*other.In", "any", "struct{ A T }"}).Draw(t, "type")
}

// generate runs the phases behind loading.
func generate(t *rapid.T, file *ast.File, pkg *types.Package) []byte {
	report := func(_ token.Pos, message string) { t.Fatalf("problem: %s", message) }
	services := directive.Collect([]*ast.File{file}, nil, report)
	p := model.Resolve(model.Input{Types: pkg, Services: services, Report: report})
	taken := model.Taken{Declared: map[string]token.Position{}}
	for _, name := range pkg.Scope().Names() {
		taken.Declared[name] = token.Position{}
	}
	model.Name(p, taken, report)
	code, err := File(p)
	if err != nil {
		t.Fatal(err)
	}
	return code
}
