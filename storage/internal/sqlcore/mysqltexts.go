package sqlcore

// What MySQL and MariaDB want in words of their own.
var (
	_ = sqlAddSession.as(MySQL, `INSERT INTO jg_session (id, server, owner, lease, max_lost, opened, seen, unbroken, call, dead, info)
		SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, LEAST(?8, COALESCE(MIN(unbroken), 1 << 62)), 0, 0, ?10
		FROM jg_session WHERE dead = 0 AND ?9 - seen <= lease / 2`)
	_ = sqlOldStarts.as(MySQL, `DELETE FROM jg_start WHERE until <= ? ORDER BY until LIMIT 1000`)
	_ = sqlPublishedBy.as(MySQL, `UPDATE jg_kind SET published = ? WHERE published < ? AND EXISTS (
		SELECT 1 FROM jg_session s, JSON_TABLE(CONVERT(s.info USING utf8mb4), '$.kinds[*]' COLUMNS (
			name VARCHAR(255) CHARACTER SET utf8mb4 PATH '$.kind', print VARCHAR(255) CHARACTER SET utf8mb4 PATH '$.fingerprint')) j
		WHERE CAST(j.name AS BINARY) = jg_kind.kind AND COALESCE(CAST(j.print AS BINARY), x'') = jg_kind.fingerprint)`)

	_ = sqlTally.as(MySQL, `INSERT INTO jg_tally (shape, cls, n) VALUES (?, ?, ?)`)
	_ = sqlStat.as(MySQL, `INSERT INTO jg_stat (step, at, shape, succeeded, failed, deleted, retried, run_time)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`)
	_ = sqlTallies.as(MySQL, `SELECT shape, cls, CAST(SUM(n) AS SIGNED) FROM jg_tally GROUP BY shape, cls HAVING SUM(n) > 0`)
)
