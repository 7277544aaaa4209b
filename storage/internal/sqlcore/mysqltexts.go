package sqlcore

import (
	"fmt"
	"strings"
)

// What MySQL and MariaDB want in words of their own.
var (
	_ = sqlAddSession.as(MySQL, `INSERT INTO jg_session (id, server, owner, lease, max_lost, opened, seen, unbroken, call, dead, info)
		SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, LEAST(?8, COALESCE(MIN(unbroken), 1 << 62)), 0, 0, ?10
		FROM jg_session WHERE dead = 0 AND ?9 - seen <= lease / 2`)
	_ = sqlOldStarts.as(MySQL, `DELETE FROM jg_start WHERE until <= ? ORDER BY until LIMIT 1000`)
	_ = sqlPublishedBy.as(MySQL, `UPDATE jg_kind SET published = ? WHERE published < ? AND EXISTS (
		SELECT 1 FROM jg_session s, JSON_TABLE(CONVERT(s.info USING utf8mb4), '$.kinds[*]' COLUMNS (
			name VARCHAR(255) CHARACTER SET utf8mb4 PATH '$.kind', print VARCHAR(255) CHARACTER SET utf8mb4 PATH '$.fingerprint')) t
		WHERE CAST(t.name AS BINARY) = jg_kind.kind AND COALESCE(CAST(t.print AS BINARY), x'') = jg_kind.fingerprint)`)

	_ = sqlTally.as(MySQL, `INSERT INTO jg_tally (shape, cls, n) VALUES (?, ?, ?)`)
	_ = sqlStat.as(MySQL, `INSERT INTO jg_stat (step, at, shape, succeeded, failed, deleted, retried, run_time)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`)
	_ = sqlTallies.as(MySQL, `SELECT shape, cls, CAST(SUM(n) AS SIGNED) FROM jg_tally GROUP BY shape, cls HAVING SUM(n) > 0`)
)

// What is written of jobs that are there is an insert of rows that are there: of those the
// driver makes one of many.
var (
	_ = sqlPromote.as(MySQL, fmt.Sprintf(`INSERT INTO jg_job (cls, due, rank, enqueued, links, id) VALUES (4, 0, ?, ?, %d, ?)
		ON DUPLICATE KEY UPDATE cls = VALUES(cls), due = VALUES(due), rank = VALUES(rank), enqueued = VALUES(enqueued), links = links | VALUES(links)`, linkDue))
	_ = sqlSaveJob.as(MySQL, `INSERT INTO jg_job (`+mysqlJob+`) VALUES (?`+mysqlMarks+mysqlSetJob)
	_ = sqlSaveEnd.as(MySQL, `INSERT INTO jg_job (result, `+mysqlJob+`) VALUES (?, ?`+mysqlMarks+mysqlSetJob+`, result = VALUES(result)`)
)

const (
	mysqlJob = `shape, shelf, cls, rank, line, links, spill, attempt, retries, lost, fetches, settled, dropped,
			enqueued, due, expires, started, finished, retain, reason, server, extra, history, id`
	mysqlMarks  = `, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	mysqlSetJob = `
		ON DUPLICATE KEY UPDATE shape = VALUES(shape), shelf = VALUES(shelf), cls = VALUES(cls), rank = VALUES(rank), line = VALUES(line),
			links = VALUES(links), spill = VALUES(spill), attempt = VALUES(attempt), retries = VALUES(retries), lost = VALUES(lost),
			fetches = VALUES(fetches), settled = VALUES(settled), dropped = VALUES(dropped), enqueued = VALUES(enqueued), due = VALUES(due),
			expires = VALUES(expires), started = VALUES(started), finished = VALUES(finished), retain = VALUES(retain), reason = VALUES(reason),
			server = VALUES(server), extra = VALUES(extra), history = VALUES(history)`
)

// In jg_job null is 0.
var _ = sqlSaveLinks.as(MySQL, `UPDATE jg_job SET links = COALESCE(links, 0) | ? WHERE id = ?`)

// What is indexed in jg_find and jg_kin, see Finder, is read there.
var (
	_ = sqlDue.as(MySQL, `SELECT j.id, j.shape, j.cls, j.rank, j.links, j.spill, j.lost, j.created, j.batch, j.recurring, j.history, j.server
		FROM jg_find d CROSS JOIN jg_job j ON j.id = d.id WHERE d.due > 0 AND d.due <= ? ORDER BY d.due LIMIT ?`)
	_ = sqlExpired.as(MySQL, strings.NewReplacer("jg_job", "jg_find", "j.expires > 0", "j.due = 0 AND j.expires > 0").Replace(sqlExpired.text))
	_ = instead("jg_find", sqlNextDue, sqlRangeShelf, sqlRangeShelfBack) && instead("jg_kin", sqlOccurrence, sqlHasJobs, sqlOpenJobs, sqlBatchShelves, sqlRecurringShelves, sqlServerShelves,
		sqlRangeBatch, sqlRangeBatchBack, sqlRangeRecurring, sqlRangeRecurringBack, sqlRangeServer, sqlRangeServerBack)
)

// instead makes statements read a table in the place of jg_job.
func instead(table string, all ...*Stmt) bool {
	for _, s := range all {
		s.as(MySQL, strings.NewReplacer("jg_job_", table+"_", "jg_job", table).Replace(s.text))
	}
	return true
}

// Many rows are looked up by their whole keys, one after the other, however few rows there
// are: a server that is given a list of keys may read the whole table instead, even where it
// is told to use the index, and waits for rows of transactions that are open. NULL is no key.
var _ = mysqlFamilies(
	familyText{sqlDropJobs, `DELETE j FROM (SELECT NULL AS a UNION ALL VALUES {}) v
		STRAIGHT_JOIN jg_job j FORCE INDEX (PRIMARY) ON j.id = v.a`},
	familyText{sqlDropEnds, `DELETE e FROM (SELECT NULL AS a UNION ALL VALUES {}) v
		STRAIGHT_JOIN jg_end e FORCE INDEX (PRIMARY) ON e.shelf = ?1 AND e.id = v.a`},
	familyText{sqlDropRuns, `DELETE r FROM (SELECT NULL AS a UNION ALL VALUES {}) v
		STRAIGHT_JOIN jg_run r FORCE INDEX (PRIMARY) ON r.session = ?1 AND r.job = v.a`},
)

// familyText is the text of a family for MySQL, in which {} stands for rows.
type familyText struct {
	stmtFamily
	text string
}

func mysqlFamilies(all ...familyText) bool {
	for _, f := range all {
		for i, n := range familySizes {
			f.sizes[i].as(MySQL, repeated(f.text, "ROW(?)", n))
		}
	}
	return true
}
