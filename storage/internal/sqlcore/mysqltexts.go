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

// A list by batch, recurring job or server has a column of its own for the class: an index
// there holds all rows, and most are none of its concern.
var _ = bySide(sqlRangeBatch, sqlRangeBatchBack, sqlRangeRecurring, sqlRangeRecurringBack, sqlRangeServer, sqlRangeServerBack, sqlOpenJobs)

func bySide(all ...*Stmt) []*Stmt {
	for _, s := range all {
		s.as(MySQL, strings.Replace(s.text, "j.cls = ?", "j.side = ?", 1))
	}
	return all
}

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

// Rows are looked up by their keys however few there are: a server that reads the whole
// table instead waits for rows of transactions that are open.
var _ = sqlDropJobs.inMySQL(`DELETE j FROM jg_job j FORCE INDEX (PRIMARY) WHERE j.id IN ({})`, "?")

// inMySQL gives MySQL a text of its own for a family.
func (f stmtFamily) inMySQL(text, item string) stmtFamily {
	for i, n := range familySizes {
		f.sizes[i].as(MySQL, repeated(text, item, n))
	}
	return f
}
