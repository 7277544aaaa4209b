package model

import (
	"encoding/json"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFieldsLikeJSON(t *testing.T) {
	source, err := os.ReadFile("shapes_test.go")
	if err != nil {
		t.Fatal(err)
	}
	pkg := check(t, string(source))
	for name, value := range shapes {
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		var keys map[string]any
		if err := json.Unmarshal(text, &keys); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range fieldsOf(pkg.Scope().Lookup(name).Type().Underlying().(*types.Struct)) {
			got = append(got, f.name)
		}
		if diff := cmp.Diff(slices.Sorted(maps.Keys(keys)), got); diff != "" {
			t.Errorf("%s (-encoding/json +fieldsOf):\n%s", name, diff)
		}
	}
}

func TestShape(t *testing.T) {
	const declarations = `package p

import (
	"encoding/json"
	"math/big"
	"net/netip"
	"time"
)

type Name string
type Renamed string
type Order struct {
	ID    int
	Lines []Line  ` + "`json:\"lines,omitempty\"`" + `
	note  string
}
type Purchase struct {
	Lines []Row ` + "`json:\"lines\"`" + `
	ID    int
}
type Line struct{ Count int ` + "`json:\",string\"`" + ` }
type Row struct{ Count int64 ` + "`json:\",string\"`" + ` }
type Tree struct {
	Left, Right *Tree
	Other       []Pair[Tree]
}
type Baum struct {
	Left, Right *Baum
	Other       []Paar[Baum]
}
type Pair[T any] struct{ A, B T }
type Paar[T any] struct{ A, B T }
type Loop []Loop
type Octet byte
type Text [2]int
func (Text) MarshalText() ([]byte, error) { return nil, nil }
type Octets []TextByte
type TextByte byte
func (TextByte) MarshalText() ([]byte, error) { return nil, nil }
type (
	_ = json.RawMessage
	_ = big.Int
	_ = netip.Addr
	_ = time.Time
)
`
	tests := []struct{ typ, want string }{
		{"int", "int64"},
		{"uint", "uint64"},
		{"int32", "int32"},
		{"byte", "uint8"},
		{"rune", "int32"},
		{"Name", "string"},
		{"any", "any"},
		{"[]byte", "bytes"},
		{"[]Octet", "bytes"},
		{"Octets", "[text]"},
		{"[3]byte", "[3 uint8]"},
		{"*bool", "?bool"},
		{"map[Name][]float32", "{*string:[float32]}"},
		{"map[netip.Addr]int8", "{*text:int8}"},
		{"time.Time", "time"},
		{"*time.Time", "?time"},
		{"time.Duration", "int64"},
		{"json.RawMessage", "json"},
		{"*big.Int", "?json"},
		{"Text", "text"},
		{"struct{}", "{}"},
		{"Order", `{"ID":int64,"lines":[{"Count":"int64"}]}`},
		{"Purchase", `{"ID":int64,"lines":[{"Count":"int64"}]}`},
		{"Loop", "[^1]"},
		{"Tree", `{"Left":?^1,"Other":[{"A":^2,"B":^2}],"Right":?^1}`},
		{"Baum", `{"Left":?^1,"Other":[{"A":^2,"B":^2}],"Right":?^1}`},
	}
	for _, test := range tests {
		source := declarations + "\nvar X " + test.typ + "\n"
		x := check(t, source).Scope().Lookup("X")
		params := []*Param{{Name: "x", Type: x.Type()}}
		if got, want := Shape(params), `{"x":`+test.want+`}`; got != want {
			t.Errorf("shape of %s = %s, want %s", test.typ, got, want)
		}
		if got := Fingerprint(params); len(got) != 16 {
			t.Errorf("fingerprint of %s = %q, want 16 digits", test.typ, got)
		}
	}
}

// TestShapeOrder checks that the order of parameters is no part of the schema: they
// are stored by name.
func TestShapeOrder(t *testing.T) {
	a := &Param{Name: "a", Type: types.Typ[types.Int]}
	b := &Param{Name: "b", Type: types.Typ[types.String]}
	if x, y := Fingerprint([]*Param{a, b}), Fingerprint([]*Param{b, a}); x != y {
		t.Errorf("fingerprints differ: %s, %s", x, y)
	}
	if x, y := Fingerprint([]*Param{a}), Fingerprint(nil); x == y {
		t.Errorf("with and without a parameter the fingerprint is %s", x)
	}
}

// check type-checks one file.
func check(t *testing.T, source string) *types.Package {
	t.Helper()
	t.Setenv("GOFLAGS", "") // the importer asks the go command for std, in another folder
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "p.go", source, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	cfg := types.Config{Importer: importer.Default()}
	pkg, err := cfg.Check("example.com/p", fset, []*ast.File{f}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return pkg
}
