package redisstore_test

import (
	"regexp"
	"slices"
	"testing"

	"github.com/gojobgen/jobgen/storage/redisstore"
)

var (
	keyUse = regexp.MustCompile(`\b(?:k_|K\.)([a-z]+)\b`)
	called = regexp.MustCompile(`\bcall\('([A-Z]+)', *([^,)]*)`)
)

// Commands whose first argument is no key.
var keyless = []string{"TIME", "PUBSUB"}

// Every key that a script uses is one that it declares, so that it works on a Cluster
// and on servers that refuse others; and the server understands every script.
func TestScripts(t *testing.T) {
	rdb := dial(t)
	for _, sc := range redisstore.Scripts() {
		t.Run(sc.Name, func(t *testing.T) {
			for _, use := range keyUse.FindAllStringSubmatch(sc.Text, -1) {
				if !slices.Contains(sc.Keys, use[1]) {
					t.Errorf("uses the key %q, which neither it nor what it uses declares in -- keys:", use[1])
				}
			}
			for _, use := range called.FindAllStringSubmatch(sc.Text, -1) {
				if !keyed.MatchString(use[2]) && !slices.Contains(keyless, use[1]) {
					t.Errorf("%s has %q as its key: a key is a local k_NAME, or handed on as one", use[1], use[2])
				}
			}
			if err := rdb.ScriptLoad(t.Context(), sc.Text).Err(); err != nil {
				t.Errorf("the server does not take it: %v", err)
			}
		})
	}
}

// keyed is how a key is named in scripts: a declared one, or a parameter for one. A channel
// is none.
var keyed = regexp.MustCompile(`^(k_[a-z]+|K\.[a-z]+|key|owner|r\.key|must\[1\]|channel)$`)
