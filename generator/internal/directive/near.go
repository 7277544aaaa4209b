package directive

import (
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strings"
)

// nearPattern takes a comment apart that resembles a directive: the spaces after
// the slashes, the tool, the spaces around the colon, the name, the rest.
var nearPattern = regexp.MustCompile(`^//( *)([A-Za-z]{2,5})( *):( *)([A-Za-z]+)(.*)$`)

// nearMiss reports a comment that would be a directive with a small correction. A
// sentence of prose must not be taken for one: a comment that is wrong in two ways
// has to go on like the directive, and one that is wrong in three is prose.
func nearMiss(comment *ast.Comment, report Report) {
	line, block := comment.Text, false
	if inner, ok := strings.CutPrefix(line, "/*"); ok {
		line, block = "//"+strings.TrimSpace(strings.TrimSuffix(inner, "*/")), true
	}
	if strings.TrimRight(line, " \t") == "//"+tool+":" {
		report.Addf(comment.Slash, "//job: lacks the name of a directive; there are %s", strings.Join(current(), ", "))
		return
	}
	m := nearPattern.FindStringSubmatch(line)
	if m == nil {
		return
	}
	indent, word, spaces, name, rest := m[1], m[2], m[3]+m[4], m[5], m[6]
	right := corrected(name)
	if right == "" || distance(strings.ToLower(word), tool) > 1 {
		return
	}
	wrong := count(indent != "" || block, word != tool, spaces != "", name != right)
	if wrong > 2 || wrong == 2 && !fits(right, rest) {
		return
	}
	shown := strings.TrimRight(strings.TrimSuffix(m[0], rest), " ")
	if block {
		shown = "/*" + strings.TrimPrefix(shown, "//")
	}
	cure := "write //" + tool + ":" + right
	if wrong == 1 && indent != "" {
		cure = "remove the space after //"
	}
	report.Addf(comment.Slash, "%q is not a directive: %s", shown, cure)
}

// corrected is the directive that was probably meant; empty: none.
func corrected(name string) string {
	if lower := strings.ToLower(name); slices.Contains(names(), lower) {
		return lower
	}
	return Closest(name, names())
}

func count(conditions ...bool) (n int) {
	for _, c := range conditions {
		if c {
			n++
		}
	}
	return n
}

// fits reports whether rest would do as the arguments of the directive.
func fits(name, rest string) bool {
	clean := true
	report := Report(func(token.Pos, string) { clean = false })
	d, ok := Parse(1, "//job:"+name+rest, report)
	if ok && clean {
		place := rules[name].place
		d.apply(new(Options), place, map[string]bool{}, report)
	}
	return ok && clean
}
