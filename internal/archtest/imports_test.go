package archtest

import (
	"slices"
	"strings"
	"testing"
)

// rule says what the packages below one may not depend on, directly or not.
type rule struct {
	of      string
	but     []string // exceptions below of
	not     []string // packages of this module
	allowed []string // of not, allowed all the same
	why     string
}

// rules are the direction in which imports go.
var rules = []rule{
	{of: "storage", but: []string{"storage/storagetest"}, not: []string{"runtime", "generator", "dashboard", "cmd"},
		why: "the contract and its stores know nothing of the engine"},
	{of: "storage/storagetest", not: []string{"runtime", "generator", "dashboard", "cmd"},
		why: "the suite tests stores, not the engine"},
	{of: "runtime", but: []string{"runtime/runtimetest"}, not: []string{"generator", "dashboard", "cmd", "storage"},
		allowed: []string{"storage"}, why: "the engine knows the contract and no store"},
	{of: "runtime/cron", not: []string{""}, allowed: []string{"runtime/cron"}, why: "package cron is pure"},
	{of: "dashboard", not: []string{"generator", "cmd", "storage"}, allowed: []string{"storage"},
		why: "the dashboard stands on the contract and the engine"},
	{of: "generator", not: []string{"runtime", "storage", "dashboard", "cmd"}, allowed: []string{"runtime/cron"},
		why: "every user builds the generator: it stays light"},
	{of: "cmd/jobgen", not: []string{"runtime", "storage", "dashboard"}, allowed: []string{"runtime/cron"},
		why: "every user builds the generator: it stays light"},
}

func TestDirection(t *testing.T) {
	all := load(t, "./...")
	for _, r := range rules {
		for _, p := range all {
			if !under(p.ImportPath, r.of) || len(r.but) > 0 && under(p.ImportPath, r.but...) {
				continue
			}
			for _, dep := range p.Deps {
				exact := slices.Contains(r.allowed, strings.TrimPrefix(dep, module+"/"))
				if under(dep, r.not...) && !exact && !under(dep, r.of) {
					t.Errorf("%s depends on %s: %s", p.ImportPath, dep, r.why)
				}
			}
		}
	}
}

func TestStoresDoNotKnowEachOther(t *testing.T) {
	all := load(t, "./storage/...")
	for _, name := range stores(all) {
		for _, p := range all {
			if !under(p.ImportPath, name) {
				continue
			}
			for _, other := range stores(all) {
				for _, dep := range p.Deps {
					if other != name && under(dep, other) {
						t.Errorf("%s depends on %s", p.ImportPath, dep)
					}
				}
			}
		}
	}
}

func TestContractUsesTheStandardLibraryOnly(t *testing.T) {
	for _, p := range load(t, "./storage", "./storage/internal/rules", "./storage/memstore", "./runtime/cron") {
		for _, dep := range p.Deps {
			if third(dep) {
				t.Errorf("%s depends on %s", p.ImportPath, dep)
			}
		}
	}
}

// Only one package may import what others should not lean on.
func TestSingleImporters(t *testing.T) {
	single := map[string]string{
		"golang.org/x/tools/go/packages": "generator/internal/source",
		"github.com/dave/jennifer/jen":   "generator/internal/emit",
	}
	for _, p := range load(t, "./...") {
		for what, who := range single {
			if slices.Contains(p.Imports, what) && !under(p.ImportPath, who) {
				t.Errorf("%s imports %s: only %s does", p.ImportPath, what, who)
			}
		}
	}
}

// heavy must not be linked into a service: testing by accident, and templates because
// their reflection keeps the linker from dropping methods.
func TestShippedCodeStaysLight(t *testing.T) {
	heavy := []string{"testing", "text/template", "html/template"}
	for _, p := range load(t, "./...") {
		if forTests(p.ImportPath) || under(p.ImportPath, "examples", "tools") {
			continue
		}
		for _, dep := range p.Imports {
			if slices.Contains(heavy, dep) {
				t.Errorf("%s imports %s", p.ImportPath, dep)
			}
		}
	}
	for _, p := range load(t, "./runtime", "./runtime/generated", "./storage/memstore") {
		for _, dep := range p.Deps {
			if slices.Contains(heavy, dep) {
				t.Errorf("%s links %s", p.ImportPath, dep)
			}
		}
	}
}

// runtimeDeps is all that a service links for the engine, from other modules.
var runtimeDeps = []string{"github.com/rs/zerolog", "github.com/mattn/go-colorable", "github.com/mattn/go-isatty", "golang.org/x/sys"}

func TestRuntimeDependsOnLittle(t *testing.T) {
	for _, p := range load(t, "./runtime", "./runtime/generated") {
		for _, dep := range p.Deps {
			known := slices.ContainsFunc(runtimeDeps, func(d string) bool { return dep == d || strings.HasPrefix(dep, d+"/") })
			if third(dep) && !known {
				t.Errorf("%s depends on %s", p.ImportPath, dep)
			}
		}
	}
}

func TestTestHelpersStayInTests(t *testing.T) {
	for _, p := range load(t, "./...") {
		for _, dep := range p.Deps {
			if !forTests(p.ImportPath) && under(dep, "storage/storagetest", "runtime/runtimetest") {
				t.Errorf("%s depends on %s", p.ImportPath, dep)
			}
		}
	}
}
