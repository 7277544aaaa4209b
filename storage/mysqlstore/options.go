package mysqlstore

import (
	"fmt"
	"time"

	"github.com/gojobgen/jobgen/storage/internal/sqlcore"
)

type options struct {
	namespace string
	migrate   bool
	ahead     func() time.Duration // added to the server's clock, in tests
	separate  bool                 // statements one by one, as for MySQL, in tests
}

// Option changes how [New] opens a store.
type Option func(*options)

// Namespace keeps the jobs apart from those of other applications in the same
// database: each namespace has its own tables. It is up to 32 small letters and digits;
// empty, the default, is a namespace too.
func Namespace(name string) Option { return func(o *options) { o.namespace = name } }

// Migrate says whether [New] makes and changes the tables, which is the default. With
// false it fails where they are not those of this version: run `jobctl migrate` with an
// account that may change tables.
func Migrate(on bool) Option { return func(o *options) { o.migrate = on } }

// prefix is how the names of a namespace's tables begin.
func (o options) prefix() (string, error) {
	prefix, err := sqlcore.Prefix(o.namespace)
	if err != nil {
		return "", fmt.Errorf("mysqlstore: %w", err)
	}
	return prefix, nil
}
