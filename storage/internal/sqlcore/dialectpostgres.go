package sqlcore

import (
	"regexp"
	"strings"
)

var (
	postgresIndexed = regexp.MustCompile(` INDEXED BY \w+`)
	postgresWords   = regexp.MustCompile(`\bfetch\b`) // our columns that are words of SQL
	postgresIgnore  = "INSERT OR IGNORE "
)

// inPostgres is a text for SQLite as PostgreSQL reads it, where the order of a join and
// the index are the planner's choice.
func inPostgres(text string) string {
	text = postgresIndexed.ReplaceAllString(text, "")
	text = strings.ReplaceAll(text, "CROSS JOIN", "JOIN")
	if rest, ok := strings.CutPrefix(text, postgresIgnore); ok {
		text = "INSERT " + rest + " ON CONFLICT DO NOTHING"
	}
	return postgresWords.ReplaceAllString(text, `"$0"`)
}
