package pgstore

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// oldest is the oldest server that the statements of this package run on.
const oldestVersion = 140000

// examine reads the server's version and settings, and says which of them weaken the
// store.
func (d *database) examine(ctx context.Context, o options) ([]string, error) {
	c, err := d.pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Release()
	all := make(map[string]string)
	const text = `SELECT name || '=' || setting FROM pg_settings WHERE name IN ('server_version_num', 'fsync', 'full_page_writes',
		'synchronous_commit', 'idle_session_timeout', 'transaction_read_only', 'default_transaction_isolation')`
	found, err := c.Conn().PgConn().Exec(ctx, text).ReadAll()
	if err != nil {
		return nil, err
	}
	for _, row := range found[0].Rows {
		name, setting, _ := strings.Cut(string(row[0]), "=")
		all[name] = setting
	}
	if d.version, err = strconv.Atoi(all["server_version_num"]); err != nil {
		return nil, fmt.Errorf("the version of the server is %q", all["server_version_num"])
	}
	if d.version < oldestVersion {
		return nil, fmt.Errorf("the server is PostgreSQL %s: this package needs 14 or later", versionText(d.version))
	}
	return warnings(all, o), nil
}

// warnings are about settings that weaken the store.
func warnings(all map[string]string, o options) (list []string) {
	warn := func(name, bad, why string) {
		if all[name] == bad {
			list = append(list, fmt.Sprintf("%s is %s: %s", name, bad, why))
		}
	}
	warn("fsync", "off", "a crash of the machine may lose or damage everything; set it on")
	warn("full_page_writes", "off", "a crash of the machine may damage tables unless the disk writes whole pages; set it on")
	warn("synchronous_commit", "off", "what was acknowledged in the last moments is lost when the server dies; set it on for the role or database, "+
		"and see AsyncSettle for settles alone")
	if is := all["default_transaction_isolation"]; is != readCommitted {
		list = append(list, fmt.Sprintf("default_transaction_isolation is %s: calls that meet each other fail and have to be made again; set it to read committed for the role", is))
	}
	if n, _ := strconv.Atoi(all["idle_session_timeout"]); n > 0 && n < 60_000 && o.notifications {
		list = append(list, fmt.Sprintf("idle_session_timeout is %d ms: it cuts the connection that listens; set it to 0 for the role", n))
	}
	return list
}
