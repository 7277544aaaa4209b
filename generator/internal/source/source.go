// Package source finds and loads the packages that the generator has to look at. It
// is the only importer of go/packages.
//
// It works in two steps, because types are expensive: [Discover] lists the files of
// all packages and looks for directives in their text, [Load] loads types only for
// the packages that have some. A package never has to compile: generated code is
// hidden from the loader, so that it may be missing, stale or full of conflict
// markers, and type errors are kept for those who need to know.
package source

import (
	"bytes"
	"context"
	"go/token"
	"regexp"

	"golang.org/x/tools/go/packages"
)

// Config says what to load.
type Config struct {
	Dir      string   // where patterns are relative to
	Patterns []string // as for the go command
	Tags     string   // build tags, comma-separated
	Env      []string // environment of the go command; nil: that of the process
	Header   string   // first line of generated files
	Fset     *token.FileSet
}

// packages is the configuration of one call of the loader.
func (c Config) packages(ctx context.Context, mode packages.LoadMode) *packages.Config {
	cfg := &packages.Config{Context: ctx, Mode: mode, Dir: c.Dir, Env: c.Env, Fset: c.Fset}
	if c.Tags != "" {
		cfg.BuildFlags = []string{"-tags=" + c.Tags}
	}
	return cfg
}

// attempt finds everything that may be a directive or a failed attempt at one: a
// comment that begins with a word like job and a colon. What it really is, the
// parser says later.
var attempt = regexp.MustCompile(`(?i)/[/*]\s*(j[a-z]{1,3}|[a-z]?ob[a-z]?)\s*:`)

// generatedText reports whether a text is a generated file: the header stands above
// the package clause, whatever a merge put around it.
func (c Config) generatedText(text []byte) bool {
	for line := range bytes.Lines(text) {
		line = bytes.TrimRight(line, "\r\n")
		if string(line) == c.Header {
			return true
		}
		if bytes.HasPrefix(line, []byte("package ")) {
			return false
		}
	}
	return false
}
