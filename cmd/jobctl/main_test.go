package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gojobgen/jobgen/internal/testservers"
)

func TestMain(m *testing.M) { os.Exit(testservers.Main(m)) }

// jobctl runs the command.
func jobctl(args ...string) (code int, out, errs string) {
	var o, e bytes.Buffer
	code = run(context.Background(), args, &o, &e)
	return code, o.String(), e.String()
}

func TestMigrate(t *testing.T) {
	stores := map[string]string{
		"postgres": testservers.PostgresShared(t).NewDatabase(t),
		"mysql":    "mysql://" + testservers.MariaDBShared(t).NewDatabase(t),
		"sqlite":   "sqlite:" + filepath.Join(t.TempDir(), "jobs.db"),
	}
	for name, store := range stores {
		t.Run(name, func(t *testing.T) {
			for range 2 { // the second time there is nothing to do
				if code, out, errs := jobctl("migrate", "-store", store, "-namespace", "ctl"); code != done || !strings.Contains(out, "this version") {
					t.Fatalf("code %d, %s, %s", code, out, errs)
				}
			}
			code, out, errs := jobctl("migrate", "-store", store, "-namespace", "ctl", "-print")
			if code != done || !strings.Contains(out, "jobgen_ctl_job") {
				t.Errorf("-print: code %d, %.300s, %s", code, out, errs)
			}
		})
	}
}

func TestMigrateRedis(t *testing.T) {
	if code, out, _ := jobctl("migrate", "-store", "redis://nowhere:1"); code != done || !strings.Contains(out, "nothing to migrate") {
		t.Errorf("code %d, %s", code, out)
	}
}

func TestUsage(t *testing.T) {
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{nil, done, "migrate"},
		{[]string{"help"}, done, "postgres://"},
		{[]string{"migrate", "-help"}, done, "-namespace"},
		{[]string{"fly"}, misused, "unknown command"},
		{[]string{"migrate"}, misused, "-store URL"},
		{[]string{"migrate", "-store", "jobs.db"}, misused, "no scheme"},
		{[]string{"migrate", "-store", "oracle://x"}, misused, "none of postgres"},
		{[]string{"migrate", "-store", "sqlite:x", "-namespace", "Not Good"}, failed, "namespace"},
		{[]string{"migrate", "-store", "sqlite:" + filepath.Join(t.TempDir(), "missing", "jobs.db")}, failed, "folder"},
	} {
		code, out, errs := jobctl(c.args...)
		if code != c.code || !strings.Contains(out+errs, c.want) {
			t.Errorf("jobctl %v: code %d, %s%s", c.args, code, out, errs)
		}
	}
}
