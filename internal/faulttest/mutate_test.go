package faulttest

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The marks of guards; see [guard].
var (
	goIf    = regexp.MustCompile(`^(\s*(?:\} else )?(?:if|case) (?:.*; )?)(.+?)((?: \{|:) // (guard|need): ([\w -]+))$`)
	luaIf   = regexp.MustCompile(`^(\s*(?:else)?if )(.+?)( then\b.*-- (guard|need): ([\w -]+))$`)
	sqlLine = regexp.MustCompile(`^(\s*(?:WHERE|AND|ON) )(.+?)(\s*-- guard: ([\w -]+))$`)
	inline  = regexp.MustCompile(`\s*(?:/\*|--\[\[) ?(guard|need): ([\w -]+?) ?(?:\*/|\]\])\)`)
)

// guardsIn makes one mutant of a file for each guard in it.
func guardsIn(file, text string) (all []guard) {
	lines := strings.Split(text, "\n")
	lua := filepath.Ext(file) == ".lua"
	for i, line := range lines {
		add := func(name, without string) {
			mutant := append(append(append([]string{}, lines[:i]...), without), lines[i+1:]...)
			all = append(all, guard{file: file, name: strings.TrimSpace(name), line: i + 1, mutant: strings.Join(mutant, "\n")})
		}
		switch {
		case lua && luaIf.MatchString(line):
			m := luaIf.FindStringSubmatch(line)
			add(m[5], m[1]+constant(m[4], m[2], true, false)+m[3])
		case !lua && goIf.MatchString(line):
			m := goIf.FindStringSubmatch(line)
			add(m[5], m[1]+constant(m[4], m[2], false, false)+m[3])
		case !lua && sqlLine.MatchString(line):
			m := sqlLine.FindStringSubmatch(line)
			add(m[4], m[1]+"("+m[2]+" OR 1 = 1)"+m[3])
		}
		for _, at := range inline.FindAllStringSubmatchIndex(line, -1) {
			begin := opening(line, at[1]-1)
			if begin < 0 {
				continue
			}
			condition, kind, name := line[begin+1:at[0]], line[at[2]:at[3]], line[at[4]:at[5]]
			add(name, line[:begin+1]+constant(kind, condition, lua, insideSQL(lines[:i], line[:begin]))+line[at[1]-1:])
		}
	}
	return all
}

// constant makes a condition that reads as the marked one and is always false (a
// guard) or always true (a need).
func constant(kind, condition string, lua, sql bool) string {
	guard := kind == "guard"
	switch {
	case lua && guard:
		return "false and (" + condition + ")"
	case lua:
		return "true or (" + condition + ")"
	case sql && guard:
		return "1 = 0 AND (" + condition + ")"
	case sql:
		return "1 = 1 OR (" + condition + ")"
	case guard:
		return "false && (" + condition + ")"
	}
	return "true || (" + condition + ")"
}

// opening is the parenthesis that the one at end closes.
func opening(line string, end int) int {
	depth := 0
	for i := end; i >= 0; i-- {
		switch line[i] {
		case ')':
			depth++
		case '(':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// insideSQL reports whether a place in Go is in a raw string, which is SQL here.
func insideSQL(before []string, line string) bool {
	return (strings.Count(strings.Join(before, "\n"), "`")+strings.Count(line, "`"))%2 == 1
}

func TestMutate(t *testing.T) {
	for name, c := range map[string]struct{ file, text, want string }{
		"go":              {"x.go", "\tif e == nil || e.over { // guard: state", "\tif false && (e == nil || e.over) { // guard: state"},
		"go with init":    {"x.go", "\tif n := f(); n > 0 { // guard: state", "\tif n := f(); false && (n > 0) { // guard: state"},
		"go case":         {"x.go", "\tcase a < b: // guard: late", "\tcase false && (a < b): // guard: late"},
		"need as a whole": {"x.go", "\tif u == nil { // need: unique", "\tif true || (u == nil) { // need: unique"},
		"lua":             {"x.lua", "  if a ~= b then return 'no' end -- guard: fence", "  if false and (a ~= b) then return 'no' end -- guard: fence"},
		"sql":             {"x.go", "var s = `SELECT 1\n  AND fetch = ?2 -- guard: fence\n`", "var s = `SELECT 1\n  AND (fetch = ?2 OR 1 = 1) -- guard: fence\n`"},
		"part of go":      {"x.go", "\tif a == nil || (t.Fetch != f(a) /* guard: fence */) {", "\tif a == nil || (false && (t.Fetch != f(a))) {"},
		"need in go":      {"x.go", "\treturn a && (b == c /* need: fence */)", "\treturn a && (true || (b == c))"},
		"part of sql":     {"x.go", "var s = `UPDATE x SET y = 1 WHERE a = ? AND (b = ? /* need: state */)`", "var s = `UPDATE x SET y = 1 WHERE a = ? AND (1 = 1 OR (b = ?))`"},
		"part of lua":     {"x.lua", "local ok = a and (b == c --[[ need: fence ]])", "local ok = a and (true or (b == c))"},
		"nothing":         {"x.go", "\tif a == b { // a comment", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := ""
			if gs := guardsIn(c.file, c.text); len(gs) > 0 {
				got = gs[0].mutant
			}
			if got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

// marked is what looks like the mark of a guard.
var marked = regexp.MustCompile(`(?://|--|/\*|--\[\[) ?(?:guard|need): `)

// TestMarksAreRead shows that there is a mutant for each mark: one that stands where none
// is read would say that a guard is watched, and nothing would watch it.
func TestMarksAreRead(t *testing.T) {
	err := eachSource("../../storage", func(path, text string) {
		mutants := make(map[int]int) // by line
		for _, g := range guardsIn(path, text) {
			mutants[g.line]++
		}
		for i, line := range strings.Split(text, "\n") {
			if marks := len(marked.FindAllString(line, -1)); marks != mutants[i+1] {
				t.Errorf("%s:%d has %d marks of guards, of which %d are read: %s", path, i+1, marks, mutants[i+1], line)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}
