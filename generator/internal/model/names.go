package model

import (
	"go/token"
	"go/types"
	"iter"
	"maps"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// names is a set of identifiers in use.
type names map[string]bool

func newNames(seed iter.Seq[string]) names {
	n := names{}
	if seed != nil {
		for s := range seed {
			n.add(s)
		}
	}
	return n
}

func (n names) add(s string)      { n[s] = true }
func (n names) has(s string) bool { return n[s] }
func (n names) clone() names      { return maps.Clone(n) }

// fresh takes base, or base with the lowest number that makes it free.
func (n names) fresh(base string) string {
	name := base
	for i := 2; n[name]; i++ {
		name = base + strconv.Itoa(i)
	}
	n.add(name)
	return name
}

// importName takes a name for an import: its own, or its own behind the parts of
// its path (two packages called model become model and billingmodel), or a number.
func (n names) importName(path, own string) string {
	parts := strings.Split(path, "/")
	name := own
	for i := len(parts) - 2; i >= -1; i-- {
		if !n[name] && !reserved(name) {
			n.add(name)
			return name
		}
		if i >= 0 {
			name = letters(parts[i]) + name
		}
	}
	for i := 2; ; i++ {
		if name := own + strconv.Itoa(i); !n[name] {
			n.add(name)
			return name
		}
	}
}

// letters is a path part reduced to what can stand in an identifier, never with a
// digit in front.
func letters(part string) string {
	kept := strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || '0' <= r && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(part))
	return strings.TrimLeft(kept, "0123456789")
}

// reserved reports whether an import must not have the name, although the language
// may allow it.
func reserved(name string) bool {
	return !token.IsIdentifier(name) || name == "_" || name == "err" || name == "init" || name == "main" ||
		types.Universe.Lookup(name) != nil
}

// ImportPath is the path under which a package is imported: without the part that
// leads to a vendor folder.
func ImportPath(p *types.Package) string {
	if i := strings.LastIndex(p.Path(), "/vendor/"); i >= 0 {
		return p.Path()[i+len("/vendor/"):]
	}
	return strings.TrimPrefix(p.Path(), "vendor/")
}

// initialisms are the parameter names that are written in capitals as a field.
var initialisms = map[string]string{
	"api": "API", "html": "HTML", "http": "HTTP", "id": "ID", "ids": "IDs", "ip": "IP", "ips": "IPs", "json": "JSON",
	"sku": "SKU", "skus": "SKUs", "sql": "SQL", "uid": "UID", "uri": "URI", "uris": "URIs", "url": "URL", "urls": "URLs",
	"uuid": "UUID", "uuids": "UUIDs", "xml": "XML",
}

// fieldName is the exported form of a parameter name.
func fieldName(param string) string {
	if name, ok := initialisms[param]; ok {
		return name
	}
	if name := upper(param); token.IsExported(name) {
		return name
	}
	return "X" + param // _x and scripts without capitals
}

// cased is the name with the first letter of an exported or an unexported one.
func cased(name string, exported bool) string {
	if exported {
		return upper(name)
	}
	return lower(name)
}

func upper(s string) string { return first(s, unicode.ToUpper) }
func lower(s string) string { return first(s, unicode.ToLower) }

func first(s string, change func(rune) rune) string {
	r, size := utf8.DecodeRuneInString(s)
	return string(change(r)) + s[size:]
}

// place is a position for a message.
func place(p token.Position) string { return p.Filename + ":" + strconv.Itoa(p.Line) }
