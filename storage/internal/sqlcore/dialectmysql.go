package sqlcore

import (
	"regexp"
	"strings"
)

// MySQL and MariaDB want some things written in another way. What can be said in both
// by a change of words is changed here, so that few statements need a text of their own.
var (
	mysqlNothing  = regexp.MustCompile(`(?s)\s*ON CONFLICT \([^)]*\) DO NOTHING$`)
	mysqlUpdate   = regexp.MustCompile(`ON CONFLICT \([^)]*\) DO UPDATE SET`)
	mysqlExcluded = regexp.MustCompile(`\bexcluded\.(\w+)`)
	mysqlIndexed  = regexp.MustCompile(`\bINDEXED BY (\w+)`)
	mysqlWords    = regexp.MustCompile("`?\\b(" + strings.Join([]string{
		"by", "call", "condition", "cube", "empty", "except", "explain", "fetch", "force", "function", "group", "groups", "grouping",
		"index", "interval", "key", "keys", "kill", "lateral", "leave", "limit", "lines", "load", "lock", "match", "of", "option",
		"order", "out", "over", "partition", "range", "rank", "read", "release", "repeat", "row", "row_number", "rows", "schema",
		"starting", "stored", "system", "trigger", "undo", "unique", "usage", "use", "window", "write",
	}, "|") + ")\\b`?")
)

// inMySQL is a statement in the words of MySQL and MariaDB. Quiet: a row that is there
// already is no error, and changes nothing. (INSERT IGNORE would hide other errors, and an
// update of the row to itself counts as a change on some connections.)
func inMySQL(text string) (_ string, quiet bool) {
	if cut := mysqlNothing.ReplaceAllString(text, ""); cut != text {
		text, quiet = cut, true
	}
	if rest, ok := strings.CutPrefix(text, "INSERT OR IGNORE "); ok {
		text, quiet = "INSERT "+rest, true
	}
	text = mysqlUpdate.ReplaceAllString(text, "ON DUPLICATE KEY UPDATE")
	text = mysqlExcluded.ReplaceAllString(text, "VALUES($1)")
	text = mysqlIndexed.ReplaceAllString(text, "FORCE INDEX ($1)")
	text = strings.ReplaceAll(text, "CROSS JOIN", "STRAIGHT_JOIN")
	// Our columns are written small and the words of SQL large.
	return mysqlWords.ReplaceAllString(text, "`$1`"), quiet
}
