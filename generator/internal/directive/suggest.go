package directive

import (
	"fmt"
	"strings"
)

// Suggest is the end of a message about a wrong word: " (did you mean "x"?)" with
// the closest of the known words, or nothing when none is close. As is put around
// the word, as in "//job:%s"; empty: quotation marks.
func Suggest(word string, known []string, as string) string {
	if as == "" {
		as = "%q"
	}
	if best := Closest(word, known); best != "" {
		return " (did you mean " + fmt.Sprintf(as, best) + "?)"
	}
	return ""
}

// Closest is the known word nearest to word, at most two edits away, and fewer
// than the word has letters; empty: none.
func Closest(word string, known []string) string {
	best, least := "", 3
	for _, k := range known {
		if n := distance(strings.ToLower(word), strings.ToLower(k)); n < least && n < len(k) {
			best, least = k, n
		}
	}
	return best
}

// distance counts the insertions, deletions and replacements that turn a into b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(row[j]+1, row[j+1]+1, cost)
		}
	}
	return row[len(b)]
}
