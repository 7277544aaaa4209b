package sqlcore

import (
	"regexp"
	"strings"
)

// MySQL and MariaDB want some things written in another way. What can be said in both
// by a change of words is changed here, so that few statements need a text of their own.
var (
	mysqlNothing  = regexp.MustCompile(`(?s)\s*ON CONFLICT \([^)]*\) DO NOTHING$`)
	mysqlIgnore   = regexp.MustCompile(`^INSERT OR IGNORE INTO \w+ \((\w+)`)
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

// inMySQL is a statement in the words of MySQL and MariaDB. Where a row must be new, the
// error that it is not ends the transaction, which is repeated. (INSERT IGNORE would hide other
// errors.)
func inMySQL(text string) string {
	text = mysqlNothing.ReplaceAllString(text, "")
	if m := mysqlIgnore.FindStringSubmatch(text); m != nil {
		text = "INSERT" + text[len("INSERT OR IGNORE"):] + " ON DUPLICATE KEY UPDATE " + m[1] + " = " + m[1]
	}
	text = mysqlUpdate.ReplaceAllString(text, "ON DUPLICATE KEY UPDATE")
	text = mysqlExcluded.ReplaceAllString(text, "VALUES($1)")
	text = mysqlIndexed.ReplaceAllString(text, "FORCE INDEX ($1)")
	text = strings.ReplaceAll(text, "CROSS JOIN", "STRAIGHT_JOIN")
	// Our columns are written small and the words of SQL large.
	return mysqlWords.ReplaceAllString(text, "`$1`")
}
