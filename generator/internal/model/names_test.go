package model

import (
	"fmt"
	"go/token"
	"go/types"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestImportNames checks that any set of packages gets names that a file can have
// together, in any state of the package around it.
func TestImportNames(t *testing.T) {
	element := rapid.SampledFrom([]string{"a", "model", "go-model", "v2", "yaml.v3", "string", "func", "init", "err", "x_y", "2fa", "-"})
	rapid.Check(t, func(t *rapid.T) {
		taken := rapid.SliceOf(rapid.SampledFrom([]string{"model", "a", "amodel", "model2", "v2model"})).Draw(t, "taken")
		used := newNames(slices.Values(taken))
		paths := rapid.SliceOfDistinct(rapid.SliceOfN(element, 1, 4), func(p []string) string { return strings.Join(p, "/") }).Draw(t, "paths")
		seen := map[string]bool{}
		for _, name := range taken {
			seen[name] = true
		}
		for _, path := range paths {
			own := rapid.SampledFrom([]string{"model", "a", "yaml", "string", "err", "any"}).Draw(t, "name")
			name := used.importName(strings.Join(path, "/"), own)
			if seen[name] || !token.IsIdentifier(name) || types.Universe.Lookup(name) != nil || !strings.HasSuffix(strings.TrimRight(name, "0123456789"), own) {
				t.Errorf("%s, called %s, is imported as %q beside %v", strings.Join(path, "/"), own, name, seen)
			}
			seen[name] = true
		}
	})
}

// TestFresh checks that names are given out once.
func TestFresh(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bases := rapid.SliceOf(rapid.SampledFrom([]string{"ctx", "ctx2", "opts", "a", "a22"})).Draw(t, "bases")
		n, seen := newNames(nil), map[string]bool{}
		for _, base := range bases {
			name := n.fresh(base)
			if seen[name] || !strings.HasPrefix(name, base) {
				t.Errorf("fresh(%q) = %q, after %v", base, name, seen)
			}
			seen[name] = true
		}
	})
}

// TestFieldName checks that every parameter name makes an exported field.
func TestFieldName(t *testing.T) {
	for param, want := range map[string]string{
		"orderID": "OrderID", "id": "ID", "ids": "IDs", "url": "URL", "x": "X", "_x": "X_x", "名": "X名", "élan": "Élan", "ID": "ID",
	} {
		if got := fieldName(param); got != want {
			t.Errorf("fieldName(%q) = %q, want %q", param, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		param := rapid.StringMatching(`[\p{L}_][\p{L}\p{Nd}_]{0,5}`).Draw(t, "param")
		if name := fieldName(param); !token.IsExported(name) || !token.IsIdentifier(name) {
			t.Errorf("fieldName(%q) = %q", param, name)
		}
	})
}

func TestImportPath(t *testing.T) {
	for path, want := range map[string]string{
		"example.com/a/vendor/example.com/b": "example.com/b",
		"vendor/golang.org/x/net":            "golang.org/x/net",
		"example.com/vendored/b":             "example.com/vendored/b",
	} {
		if got := ImportPath(types.NewPackage(path, "b")); got != want {
			t.Errorf("ImportPath(%s) = %s, want %s", path, got, want)
		}
	}
}

// TestResolveMissing checks that a service of which the types know nothing, such as one
// declared twice, is a problem and no crash.
func TestResolveMissing(t *testing.T) {
	for source, want := range map[string]string{
		"package p":                              "S cannot be found in package p",
		"package p; type S struct{}":             "S is declared twice in package p",
		"package p; type S interface{ Other() }": "S.M cannot be found in package p",
	} {
		var got []string
		Resolve(Input{
			Types: check(t, source), Services: oneService(),
			Report: func(_ token.Pos, message string) { got = append(got, message) },
		})
		if fmt.Sprint(got) != "["+want+"]" {
			t.Errorf("%s: got %q, want %q", source, got, want)
		}
	}
}
