package faulttest

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// diagnoses are what to ask a server that does not go on: who does what, who waits for whom.
var diagnoses = map[string][]string{
	"postgres": {"SELECT pid, state, wait_event_type, wait_event, pg_blocking_pids(pid), now() - state_change, left(query, 120) FROM pg_stat_activity WHERE datname IS NOT NULL"},
	"mysql": {"SELECT id, command, time, state, left(info, 120) FROM information_schema.processlist",
		"SELECT trx_id, trx_state, trx_started, trx_mysql_thread_id, trx_rows_locked, trx_wait_started, left(trx_query, 120) FROM information_schema.innodb_trx"},
}

// diagnose logs what a server says about itself.
func (b *backend) diagnose(t *testing.T) {
	t.Helper()
	u, err := url.Parse(b.direct)
	if err != nil {
		t.Log(err)
		return
	}
	driver, dsn := "pgx", b.direct
	if u.Scheme == "mysql" {
		driver, dsn = "mysql", fmt.Sprintf("root@tcp(%s)%s", u.Host, u.Path)
	}
	for _, text := range diagnoses[u.Scheme] {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		answer, err := ask(ctx, driver, dsn, text)
		cancel()
		t.Logf("%s\n%s%v", text, answer, err)
	}
}

// ask gives the rows of a query as lines.
func ask(ctx context.Context, driver, dsn, text string) (string, error) {
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return "", err
	}
	defer db.Close()
	rows, err := db.QueryContext(ctx, text)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return "", err
	}
	var lines strings.Builder
	for rows.Next() {
		values := make([]sql.NullString, len(columns))
		places := make([]any, len(columns))
		for i := range values {
			places[i] = &values[i]
		}
		if err := rows.Scan(places...); err != nil {
			return lines.String(), err
		}
		for _, v := range values {
			fmt.Fprintf(&lines, "%s | ", v.String)
		}
		lines.WriteString("\n")
	}
	return lines.String(), rows.Err()
}
