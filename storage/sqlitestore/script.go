package sqlitestore

import "github.com/gojobgen/jobgen/storage/internal/sqlcore"

// MigrationSQL is what [Open] runs in an empty file to make its tables, to be read. Of
// the options only [Namespace] counts.
func MigrationSQL(opts ...Option) (string, error) {
	var o options
	for _, option := range opts {
		option(&o)
	}
	prefix, err := o.prefix()
	if err != nil {
		return "", err
	}
	return sqlcore.MigrationScript(sqlcore.NewTexts(sqlcore.SQLite, prefix), migrations)
}
