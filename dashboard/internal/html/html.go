// Package html names the HTML elements and attributes that the dashboard uses.
//
// The html package of gomponents does the same, but its functions are inlined
// together with the closures they make: a thousand elements are a thousand copies,
// and most of a megabyte in the program that mounts the dashboard. Here each kind of
// closure exists once.
package html

import (
	"fmt"

	g "maragu.dev/gomponents"
)

// El is an element.
//
//go:noinline
func El(name string, children ...g.Node) g.Node { return g.El(name, children...) }

// Attr is an attribute.
//
//go:noinline
func Attr(name, value string) g.Node { return g.Attr(name, value) }

// Flag is an attribute without a value.
//
//go:noinline
func Flag(name string) g.Node { return g.Attr(name) }

// Text is escaped text.
//
//go:noinline
func Text(s string) g.Node { return g.Text(s) }

// Textf is escaped text of a format.
func Textf(format string, args ...any) g.Node { return Text(fmt.Sprintf(format, args...)) }

// Doctype puts the document type in front of a document.
func Doctype(doc g.Node) g.Node { return g.Group{g.Raw("<!doctype html>"), doc} }

// Data is an attribute of ours.
func Data(name, value string) g.Node { return Attr("data-"+name, value) }

// Aria is an attribute for assistive technology.
func Aria(name, value string) g.Node { return Attr("aria-"+name, value) }
