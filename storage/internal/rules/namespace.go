package rules

import (
	"fmt"
	"strings"

	"github.com/gojobgen/jobgen/storage"
)

// maxNamespace is the longest name of a namespace. It leaves room for what stores put
// around it in the names of tables and keys.
const maxNamespace = 32

// Namespace refuses a name that cannot stand in the names of tables and keys. The empty
// one is a namespace too.
func Namespace(name string) error {
	odd := strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789")
	if odd != "" || len(name) > maxNamespace {
		return fmt.Errorf("%w: namespace %q is not 1 to %d small letters and digits", storage.ErrInvalid, name, maxNamespace)
	}
	return nil
}
