package pgstore

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/gojobgen/jobgen/internal/testservers"
	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/sqlcore"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Every statement can be prepared, and none reads a large table from end to end: where
// scans are forbidden, only what has no index is read by one.
func TestPlans(t *testing.T) {
	ctx := context.Background()
	c := migrated(t, nil)
	for _, text := range []string{"SET enable_seqscan = off", "SET enable_bitmapscan = off", "SET jit = off", "SET plan_cache_mode = force_generic_plan"} {
		if _, err := c.Exec(ctx, text); err != nil {
			t.Fatal(err)
		}
	}
	texts := sqlcore.NewTexts(sqlcore.Postgres, "jobgen_")
	for _, s := range sqlcore.Statements() {
		plan, err := planOf(ctx, c, texts.Of(s))
		if err != nil {
			t.Errorf("%s: %v", s.Short(), err)
			continue
		}
		if scans(plan) && s.MayScan() == "" {
			t.Errorf("%s reads a whole table:\n%s", s.Short(), plan)
		}
	}
}

// The driver's own statements are looked at, too. That of the counters reads a table of
// few rows.
func TestOwnPlans(t *testing.T) {
	ctx := context.Background()
	c := migrated(t, nil)
	for _, text := range []string{"SET enable_seqscan = off", "SET enable_bitmapscan = off", "SET jit = off", "SET plan_cache_mode = force_generic_plan"} {
		if _, err := c.Exec(ctx, text); err != nil {
			t.Fatal(err)
		}
	}
	texts := sqlcore.NewTexts(sqlcore.Postgres, "jobgen_")
	for name, text := range map[string]string{"promote": textPromote, "poll": textPoll, "meta": textMeta,
		"packs up": textPacksUp, "packs down": textPacksDown} {
		plan, err := planOf(ctx, c, texts.Named(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if scans(plan) {
			t.Errorf("%s reads a whole table:\n%s", name, plan)
		}
		if name == "promote" && strings.Count(plan, "Tid Scan") != 1 {
			t.Errorf("%s looks for rows that it has:\n%s", name, plan)
		}
	}
}

// migrated is a connection to a database of its own with the tables in it.
func migrated(t *testing.T, notice func(text string)) *pgx.Conn {
	t.Helper()
	ctx := context.Background()
	url := testservers.PostgresShared(t).NewDatabase(t)
	pool, err := pgxpool.New(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if err := MigrateTables(ctx, pool); err != nil {
		t.Fatal(err)
	}
	config, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	config.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) {
		if notice != nil {
			notice(n.Message)
		}
	}
	c, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(ctx) })
	return c
}

// planOf is the plan of a statement whatever its arguments are.
func planOf(ctx context.Context, c *pgx.Conn, text string) (string, error) {
	const simple = pgx.QueryExecModeSimpleProtocol
	parsed, err := c.Prepare(ctx, "", text)
	if err != nil {
		return "", err
	}
	nulls := strings.TrimSuffix(strings.Repeat("NULL, ", len(parsed.ParamOIDs)), ", ")
	if nulls != "" {
		nulls = "(" + nulls + ")"
	}
	if _, err := c.Exec(ctx, "PREPARE looked AS "+text, simple); err != nil {
		return "", err
	}
	defer func() { _, _ = c.Exec(ctx, "DEALLOCATE looked", simple) }()
	found, err := c.Query(ctx, "EXPLAIN EXECUTE looked"+nulls, simple)
	if err != nil {
		return "", err
	}
	lines, err := pgx.CollectRows(found, pgx.RowTo[string])
	return strings.Join(lines, "\n"), err
}

// scans reports whether a plan reads a table from end to end, but that of the sessions,
// of which there are few.
func scans(plan string) bool {
	return strings.Contains(strings.ReplaceAll(plan, "Seq Scan on jobgen_session", ""), "Seq Scan on jobgen")
}

// What the functions of the hot paths run reads no table from end to end, either.
func TestHotPlans(t *testing.T) {
	ctx := context.Background()
	var plans []string
	c := migrated(t, func(text string) { plans = append(plans, text) })
	for _, text := range []string{"LOAD 'auto_explain'", "SET auto_explain.log_min_duration = 0", "SET auto_explain.log_nested_statements = on",
		"SET client_min_messages = log", "INSERT INTO jobgen_session (no, id, server, owner, lease, max_lost, opened, seen, unbroken, call, dead, info)" +
			" VALUES (1, 'x', '', '', 4000, 3, 0, 0, 0, 0, 0, '')"} {
		if _, err := c.Exec(ctx, text); err != nil {
			t.Fatal(err)
		}
	}
	id := storage.NewID()
	calls := []string{
		fmt.Sprintf(`SELECT jobgen_hot_insert(0, ARRAY['\x%x'::bytea], '{1}', '{1}', '{0}', '{NULL}', '{NULL}', '{NULL}', '{1}', '{1}', '{1}', ARRAY['\x%x'::bytea], ARRAY['\x%x'::bytea])`, id[:], id[:], id[:]),
		`SELECT * FROM jobgen_hot_fetch(0, 1, 1, 1, 0, '{1}', '{-1}', '{9223372036854775807}', '{1}', 10, 10)`,
		fmt.Sprintf(`SELECT * FROM jobgen_hot_settle(0, 1, 1, false, '{1}', '{1}', '{1}', ARRAY['\x%x'::bytea], '{1}', '{1}', '{1}', '{1}', '{NULL}',
			'{1}', '{1}', '{1}', '{1}', '{x}', '{x}', '{x}', '{}', '{}', '{}')`, id[:]),
		`SELECT * FROM jobgen_hot_settle(0, 1, 1, false, '{0}', '{1}', '{1}', '{x}', '{1}', '{1}', '{1}', '{1}', '{NULL}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{1}', '{x}', '{1}')`,
		`SELECT * FROM jobgen_hot_tick(0, 1, 1, '', 0, '{1}', 0)`,
	}
	for _, text := range calls {
		plans = nil
		if _, err := c.Exec(ctx, text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		all := strings.Join(plans, "\n")
		if len(plans) < 2 || scans(all) {
			t.Errorf("%s reads a whole table, or tells no plan:\n%s", text, all)
		}
	}
}
