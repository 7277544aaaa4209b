package mysqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"

	"github.com/gojobgen/jobgen/storage"
)

// server is what is known of the server and its settings.
type server struct {
	version  string
	mariadb  bool
	warnings []string
}

// The oldest versions that have what the statements need: SKIP LOCKED, and lists of
// values in the place of a table.
const (
	oldestMySQL   = "8.0.19"
	oldestMariaDB = "10.6"
)

// examine reads the version and settings, and fails where the store cannot work.
func (s *server) examine(ctx context.Context, db *sql.DB) error {
	if err := db.QueryRowContext(ctx, "SELECT VERSION()").Scan(&s.version); err != nil {
		return err
	}
	oldest, name := oldestMySQL, "MySQL"
	if s.mariadb = strings.Contains(s.version, "MariaDB"); s.mariadb {
		oldest, name = oldestMariaDB, "MariaDB"
	}
	if before(s.version, oldest) {
		return fmt.Errorf("%w: the server is %s %s: use %s or newer", storage.ErrInvalid, name, s.version, oldest)
	}
	set, err := s.settings(ctx, db)
	if err != nil {
		return err
	}
	return s.judge(set)
}

// settings reads the global settings that matter.
func (s *server) settings(ctx context.Context, db *sql.DB) (map[string]string, error) {
	found, err := db.QueryContext(ctx, `SHOW GLOBAL VARIABLES WHERE Variable_name IN ('innodb_flush_log_at_trx_commit',
		'sync_binlog', 'log_bin', 'binlog_format', 'innodb_doublewrite', 'max_allowed_packet', 'innodb_rollback_on_timeout', 'read_only')`)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	set := make(map[string]string)
	for found.Next() {
		var name, value string
		if err := found.Scan(&name, &value); err != nil {
			return nil, err
		}
		set[strings.ToLower(name)] = value
	}
	return set, found.Err()
}

// leastPacket holds what one statement may have: the largest payload in hexadecimal
// digits, several times.
const leastPacket = 8 << 20

// judge says what the settings take from what the store promises.
func (s *server) judge(set map[string]string) error {
	warn := func(text string) { s.warnings = append(s.warnings, text) }
	binlog := on(set["log_bin"])
	if binlog && set["binlog_format"] == "STATEMENT" {
		return fmt.Errorf("%w: the server's binlog_format is STATEMENT, with which it refuses writes in the isolation READ COMMITTED: set it to ROW or MIXED", storage.ErrInvalid)
	}
	if v := set["innodb_flush_log_at_trx_commit"]; v != "1" {
		warn("innodb_flush_log_at_trx_commit is " + v + ": when the server or its machine dies, the last second of what was acknowledged is lost; set it to 1")
	}
	if v := set["sync_binlog"]; binlog && v != "1" {
		warn("sync_binlog is " + v + " and the binary log is on: when the machine dies, replicas and the server may differ; set it to 1")
	}
	if v := set["innodb_doublewrite"]; v != "" && !on(v) && v != "DETECT_AND_RECOVER" && v != "fast" {
		warn("innodb_doublewrite is " + v + ": when the machine dies, pages may be damaged; set it to ON")
	}
	if on(set["innodb_rollback_on_timeout"]) {
		warn("innodb_rollback_on_timeout is on: a caller's transaction that waits too long for a unique key is undone as a whole; set it to OFF")
	}
	if n, _ := strconv.Atoi(set["max_allowed_packet"]); n < leastPacket {
		warn(fmt.Sprintf("max_allowed_packet is %d: jobs with large arguments are refused; set it to %d at least", n, leastPacket))
	}
	return nil
}

func on(value string) bool { return strings.EqualFold(value, "ON") || value == "1" }

// before reports whether a version is older than another. Only the numbers count.
func before(version, other string) bool {
	a, b := numbers(version), numbers(other)
	for i := range b {
		if i >= len(a) || a[i] != b[i] {
			return i >= len(a) || a[i] < b[i]
		}
	}
	return false
}

// numbers are the leading numbers of a version such as 10.6.19-MariaDB.
func numbers(version string) (all []int) {
	version, _, _ = strings.Cut(version, "-")
	for part := range strings.SplitSeq(version, ".") {
		n, err := strconv.Atoi(part)
		if err != nil {
			break
		}
		all = append(all, n)
	}
	return all
}
