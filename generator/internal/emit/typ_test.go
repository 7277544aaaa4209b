package emit

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"testing"

	"github.com/dave/jennifer/jen"
	"pgregory.net/rapid"
)

// world is the packages whose types the property test writes. Their names clash and
// differ from their paths.
type world map[string]*types.Package

// Import implements types.Importer.
func (w world) Import(path string) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	if p := w[path]; p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("no package %s", path)
}

const self = "example.com/self"

// local is the source of the package in which types are written.
const local = `package self

type Struct struct{ Field int }
type Generic[A, B any] struct { A A; B B }
type Alias = map[string]Struct
type unexported int
`

func newWorld(t *testing.T) (w world, found []*types.TypeName) {
	const source = `
type Struct struct{ Field int }
type Generic[A, B any] struct { A A; B B }
type Alias = hidden
type hidden struct{ Alias int }
type GenericAlias[T any] = []T
`
	w = world{}
	for path, name := range map[string]string{"example.com/a/model": "model", "example.com/b/model": "model", "example.com/yaml.v3": "yaml"} {
		w[path] = compile(t, w, path, "package "+name+source)
		for _, name := range []string{"Struct", "Generic", "Alias", "GenericAlias"} {
			found = append(found, w[path].Scope().Lookup(name).(*types.TypeName))
		}
	}
	return w, found
}

func compile(t interface{ Fatalf(string, ...any) }, w world, path, source string) *types.Package {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "p.go", source, 0)
	if err != nil {
		t.Fatalf("%v\n%s", err, source)
	}
	pkg, err := (&types.Config{Importer: w}).Check(path, fset, []*ast.File{f}, nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, source)
	}
	return pkg
}

// TestTypesSurvive writes random types as Go code, reads them back, and checks that
// they are the same.
func TestTypesSurvive(t *testing.T) {
	w, found := newWorld(t)
	rapid.Check(t, func(t *rapid.T) {
		own := compile(t, w, self, local)
		names := found
		for _, name := range own.Scope().Names() {
			names = append(names[:len(names):len(names)], own.Scope().Lookup(name).(*types.TypeName))
		}
		want := draw(t, names, 4)

		f := jen.NewFilePathName(self, "self")
		f.ImportName("example.com/a/model", "model")
		f.ImportAlias("example.com/b/model", "bmodel")
		f.ImportName("example.com/yaml.v3", "yaml")
		f.Var().Id("X").Add(typ(want))
		var b bytes.Buffer
		if err := f.Render(&b); err != nil {
			t.Fatalf("%s: %v", want, err)
		}
		got := reread(t, w, own, b.String())
		if !types.Identical(got, want) {
			t.Errorf("wrote %s, read %s:\n%s", want, got, b.String())
		}
	})
}

// reread type-checks code as a further file of own.
func reread(t *rapid.T, w world, own *types.Package, code string) types.Type {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "x.go", code, 0)
	if err != nil {
		t.Fatalf("%v\n%s", err, code)
	}
	checker := types.NewChecker(&types.Config{Importer: w}, fset, own, nil)
	if err := checker.Files([]*ast.File{f}); err != nil {
		t.Fatalf("%v\n%s", err, code)
	}
	return own.Scope().Lookup("X").Type()
}

// draw makes a type of at most the given depth.
func draw(t *rapid.T, names []*types.TypeName, depth int) types.Type {
	kinds := []string{"basic", "named", "named"}
	if depth > 0 {
		kinds = append(kinds, "pointer", "slice", "array", "map", "chan", "func", "struct", "interface")
	}
	next := func() types.Type { return draw(t, names, depth-1) }
	switch kind := rapid.SampledFrom(kinds).Draw(t, "kind"); kind {
	case "basic":
		return types.Universe.Lookup(rapid.SampledFrom([]string{"int", "string", "byte", "rune", "uint8", "error", "any", "complex128", "uintptr"}).Draw(t, "basic")).Type()
	case "named":
		return drawNamed(t, names, depth)
	case "pointer":
		return types.NewPointer(next())
	case "slice":
		return types.NewSlice(next())
	case "array":
		return types.NewArray(next(), rapid.Int64Range(0, 9).Draw(t, "length"))
	case "map":
		return types.NewMap(types.Typ[types.String], next())
	case "chan":
		return types.NewChan(rapid.SampledFrom([]types.ChanDir{types.SendRecv, types.SendOnly, types.RecvOnly}).Draw(t, "dir"), next())
	case "func":
		return drawFunc(t, names, depth)
	case "struct":
		return drawStruct(t, names, depth)
	default:
		var methods []*types.Func
		for i := range rapid.IntRange(0, 2).Draw(t, "methods") {
			methods = append(methods, types.NewFunc(token.NoPos, nil, fmt.Sprintf("M%d", i), drawFunc(t, names, depth)))
		}
		var embedded []types.Type
		if rapid.Bool().Draw(t, "embed") {
			embedded = append(embedded, types.Universe.Lookup("error").Type())
		}
		return types.NewInterfaceType(methods, embedded).Complete()
	}
}

func drawNamed(t *rapid.T, names []*types.TypeName, depth int) types.Type {
	obj := rapid.SampledFrom(names).Draw(t, "name")
	var params *types.TypeParamList
	switch typ := obj.Type().(type) {
	case *types.Named:
		params = typ.TypeParams()
	case *types.Alias:
		params = typ.TypeParams()
	}
	if params.Len() == 0 {
		return obj.Type()
	}
	args := make([]types.Type, params.Len())
	for i := range args {
		args[i] = draw(t, names, max(depth-1, 0))
	}
	made, err := types.Instantiate(nil, obj.Type(), args, true)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return made
}

func drawFunc(t *rapid.T, names []*types.TypeName, depth int) *types.Signature {
	var params, results []*types.Var
	n := rapid.IntRange(0, 3).Draw(t, "params")
	variadic := n > 0 && rapid.Bool().Draw(t, "variadic")
	for i := range n {
		typ := draw(t, names, depth-1)
		if variadic && i == n-1 {
			typ = types.NewSlice(typ)
		}
		params = append(params, types.NewParam(token.NoPos, nil, fmt.Sprintf("p%d", i), typ))
	}
	name := rapid.SampledFrom([]string{"", "r"}).Draw(t, "result")
	for i := range rapid.IntRange(0, 2).Draw(t, "results") {
		if name != "" {
			name = fmt.Sprintf("r%d", i)
		}
		results = append(results, types.NewParam(token.NoPos, nil, name, draw(t, names, depth-1)))
	}
	return types.NewSignatureType(nil, nil, nil, types.NewTuple(params...), types.NewTuple(results...), variadic)
}

func drawStruct(t *rapid.T, names []*types.TypeName, depth int) *types.Struct {
	var fields []*types.Var
	var tags []string
	for i := range rapid.IntRange(0, 3).Draw(t, "fields") {
		fields = append(fields, types.NewField(token.NoPos, nil, fmt.Sprintf("F%d", i), draw(t, names, depth-1), false))
		tags = append(tags, rapid.SampledFrom([]string{"", `json:"x,omitempty"`, "with ` and \""}).Draw(t, "tag"))
	}
	return types.NewStruct(fields, tags)
}
