package sqlcore

import "strings"

// In MySQL and MariaDB plain jobs that run may be in jg_claim, many in a row, until the
// next transaction with the write lock makes rows of jg_run of them. Who reads without
// that lock reads both. The n-th job of a claim has 28 bytes: the id, and 4 bytes each of
// fetch number, shape and links.

// claimedAs writes what a claimed job is like: # stands for how many bytes lie before it,
// % for its number.
func claimedAs(text string) string {
	number := func(at string) string {
		return "CAST(CONV(HEX(SUBSTR(c.jobs, # + " + at + ", 4)), 16, 10) AS SIGNED)"
	}
	return strings.NewReplacer("{job}", "SUBSTR(c.jobs, # + 1, 16)", "{fetch}", number("17"), "{shape}", number("21"),
		"{flags}", "IF(% < c.ahead, 4, 5)", "{started}", "IF(% < c.ahead, c.started, 0)", "{live}", "SUBSTR(c.done, % + 1, 1) = x'00'").Replace(text)
}

// each places: by the number in a table that has the numbers.
func claimedBySlot(text string) string {
	return strings.NewReplacer("#", "28 * k.slot", "%", "k.slot").Replace(claimedAs(text))
}

// claimedByID finds the job that is the first argument.
func claimedByID(text string) string {
	return strings.NewReplacer("#", "(LOCATE(?1, c.jobs) - 1)", "%", "((LOCATE(?1, c.jobs) - 1) DIV 28)").Replace(claimedAs(text))
}

var (
	_ = sqlRunOf.as(MySQL, `SELECT r.session, s.id, s.server, r.fetch, r.flags, r.started
			FROM jg_session s CROSS JOIN jg_run r ON r.session = s.no AND r.job = ?1
		UNION ALL SELECT c.session, s.id, s.server, `+claimedByID(`{fetch}, {flags}, {started}
			FROM jg_session s CROSS JOIN jg_claim c ON c.session = s.no WHERE LOCATE(?1, c.jobs) > 0 AND # MOD 28 = 0 AND {live}`))
	_ = sqlRunShapes.as(MySQL, `SELECT u.shape, CAST(SUM(u.n) AS SIGNED) FROM (
			SELECT r.shape AS shape, COUNT(*) AS n FROM jg_session s CROSS JOIN jg_run r ON r.session = s.no GROUP BY r.shape
			UNION ALL SELECT `+claimedBySlot(`{shape}, 1 FROM jg_claim c CROSS JOIN jg_keylock k ON k.slot < c.n WHERE {live}`)+`) u GROUP BY u.shape`)
	_ = sqlServers.as(MySQL, `SELECT s.id, s.server, s.owner, s.lease, s.max_lost, s.opened, s.seen, s.info, s.no,
			(SELECT count(*) FROM jg_run r WHERE r.session = s.no) +
			COALESCE((SELECT CAST(SUM(c.live) AS SIGNED) FROM jg_claim c WHERE c.session = s.no), 0)
		FROM jg_session s WHERE s.dead = 0 ORDER BY s.opened, s.id`)
	_ = sqlRangeRuns.as(MySQL, claimedRange(""))
	_ = sqlRangeRunsBack.as(MySQL, claimedRange(" DESC"))
)

// claimedRange is what a session runs, in the order of the ids.
func claimedRange(order string) string {
	return `SELECT u.job, u.shape, 4, NULL FROM (
			(SELECT r.job AS job, r.shape AS shape FROM jg_run r WHERE r.session = ?1 AND r.job >= ?2 AND r.job < ?3 ORDER BY r.job` + order + ` LIMIT ?4)
			UNION ALL (SELECT ` + claimedBySlot(`{job}, {shape} FROM jg_claim c CROSS JOIN jg_keylock k ON k.slot < c.n
				WHERE c.session = ?1 AND {live} AND {job} >= ?2 AND {job} < ?3`) + `)) u ORDER BY u.job` + order + ` LIMIT ?4`
}
