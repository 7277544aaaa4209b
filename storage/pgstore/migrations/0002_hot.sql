-- The hot paths: a call that concerns plain jobs only is one statement, which the server
-- has parsed and planned whatever the client can. Statements of a function see what was
-- committed before they began: what is read after a lock is newer than the lock.
--
-- Lookups by key are LATERAL with OFFSET 0: whatever the planner takes the tables for,
-- which may have been empty when it last looked, they are lookups.
--
-- Locks: p_lock is the namespace's write lock, which the core takes alone and the hot
-- paths share; p_lock + 1 is held by the one that fetches.

-- hot_insert stores jobs that wait for a worker. It takes no lock; it waits only for a
-- transaction that has stored a job with the same id, and not for long.
CREATE FUNCTION jg_hot_insert(p_shift bigint, p_ids bytea[], p_shapes int[], p_shelves int[], p_queues int[],
	p_priorities int[], p_payloads bytea[], p_options bytea[], p_metadata bytea[]) RETURNS bigint
LANGUAGE plpgsql
SET lock_timeout = 2000 AS $$
#variable_conflict use_column
DECLARE
	v_us    bigint := (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + p_shift;
	v_place bigint := (v_us - 1577836800000000) << 10;
BEGIN
	INSERT INTO jg_job (id, shape, shelf, cls, rank, created, enqueued, payload, options, metadata)
	SELECT n.id, n.shape, n.shelf, 4, n.priority::bigint << 60 | v_place + n.nth, v_us / 1000, v_us / 1000, n.payload, n.options, n.metadata
	FROM unnest(p_ids, p_shapes, p_shelves, p_priorities, p_payloads, p_options, p_metadata)
		WITH ORDINALITY AS n (id, shape, shelf, priority, payload, options, metadata, nth);

	INSERT INTO jg_ready (queue, line, rank, job, most, shape, shelf, flags)
	SELECT n.queue, 0, n.priority::bigint << 60 | v_place + n.nth, n.id, 0, n.shape, n.shelf, 1
	FROM unnest(p_ids, p_shapes, p_shelves, p_queues, p_priorities) WITH ORDINALITY AS n (id, shape, shelf, queue, priority, nth);

	INSERT INTO jg_tally (shape, cls, n) SELECT s, 4, count(*) FROM unnest(p_shapes) AS s GROUP BY s;
	RETURN v_us;
END $$;

-- hot_fetch takes the first plain jobs off lines. No row: it is the core's matter. Else
-- there is a row for each job, and one without a job where there is none; looked is how
-- many were looked at, fine how many of them were plain and readable before the first
-- that was not.
CREATE FUNCTION jg_hot_fetch(p_shift bigint, p_lock bigint, p_session int, p_call bigint, p_generation bigint,
	p_queues int[], p_behind bigint[], p_upto bigint[], p_shapes int[], p_max int, p_ahead int)
RETURNS TABLE (us bigint, looked int, fine int, id bytea, shape int, rank bigint, attempt int, retries int, lost int, run int,
	created bigint, enqueued bigint, started bigint, payload bytea, options bytea, metadata bytea, extra bytea, ahead boolean)
LANGUAGE plpgsql
SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off SET plan_cache_mode = force_generic_plan SET lock_timeout = 2000 AS $$
#variable_conflict use_column
DECLARE
	v_us      bigint;
	v_looked  int;
	v_good    int; -- the first ones that are plain and readable
	v_n       int; -- the first ones that are given
	v_size    bigint;
	v_first   int;
	v_tids    tid[];
	v_rows    tid[];
	v_jobs    bytea[];
	v_shapes  int[];
	v_ranks   bigint[];
	v_links   int[];
	v_runs    int[];
	v_sizes   int[];
BEGIN
	-- The commit is durable: a server that dies must not forget a fetch, or it would give
	-- its number out again.
	PERFORM pg_advisory_xact_lock_shared(p_lock), pg_advisory_xact_lock(p_lock + 1);
	v_us := (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + p_shift;
	PERFORM 1 FROM jg_meta m, jg_session s
	WHERE m.one = 1 AND m.generation = p_generation AND s.no = p_session AND s.dead = 0 AND s.call < p_call -- guard: late copies
		AND NOT EXISTS (SELECT 1 FROM jg_line l WHERE l.queue = ANY (p_queues) AND (l.cause IN (1, 2) OR l.due > 0));
	IF NOT FOUND THEN
		RETURN;
	END IF;
	SELECT count(*), min(h.nth) FILTER (WHERE h.flags & 3 <> 1 OR h.shape <> ALL (p_shapes) OR j.links & 8 > 0), sum(j.size),
		array_agg(h.tid), array_agg(j.tid), array_agg(h.job), array_agg(h.shape), array_agg(h.rank), array_agg(j.links), array_agg(j.run), array_agg(j.size)
	INTO v_looked, v_first, v_size, v_tids, v_rows, v_jobs, v_shapes, v_ranks, v_links, v_runs, v_sizes
	FROM (SELECT row_number() OVER () AS nth, f.* FROM (
			SELECT r.tid, r.rank, r.job, r.shape, r.flags
			FROM unnest(p_queues, p_behind, p_upto) WITH ORDINALITY AS q (no, behind, upto, nth),
				LATERAL (SELECT y.ctid AS tid, y.rank, y.job, y.shape, y.flags FROM jg_ready y
					WHERE y.queue = q.no AND y.line = 0 AND y.rank > q.behind AND y.rank < q.upto
					ORDER BY y.queue, y.line, y.rank LIMIT p_max + p_ahead) r
			ORDER BY q.nth, r.rank LIMIT p_max + p_ahead) f) h,
		LATERAL (SELECT k.ctid AS tid, k.links, coalesce(k.fetches, 0) + 1 AS run,
				200 + coalesce(octet_length(k.extra), 0) + coalesce(octet_length(k.payload), 0) + coalesce(octet_length(k.options), 0) + coalesce(octet_length(k.metadata), 0) AS size
			FROM jg_job k WHERE k.id = h.job OFFSET 0) j;
	v_good := coalesce(v_first - 1, v_looked);
	v_n := v_good;
	-- The answer is small enough to be sent whole, whether or not the client reads it.
	IF v_size > 131072 THEN
		SELECT least(v_n, greatest(count(*), 1)) INTO v_n
		FROM (SELECT sum(z.size) OVER (ORDER BY z.nth) AS total FROM unnest(v_sizes) WITH ORDINALITY AS z (size, nth)) AS t WHERE t.total <= 131072;
	END IF;
	IF v_n = 0 THEN
		us := v_us; looked := v_looked; fine := v_good;
		RETURN NEXT;
		RETURN;
	END IF;
	IF v_n < v_looked THEN
		v_tids := v_tids[:v_n]; v_rows := v_rows[:v_n]; v_jobs := v_jobs[:v_n]; v_shapes := v_shapes[:v_n];
		v_ranks := v_ranks[:v_n]; v_links := v_links[:v_n]; v_runs := v_runs[:v_n];
	END IF;
	DELETE FROM jg_ready WHERE ctid = ANY (v_tids);
	INSERT INTO jg_run (session, call, flags, started, "fetch", shape, links, job)
	SELECT p_session, p_call, CASE WHEN g.nth > p_max THEN 5 ELSE 4 END, CASE WHEN g.nth > p_max THEN 0 ELSE v_us / 1000 END, g.run, g.shape, g.links, g.job
	FROM unnest(v_jobs, v_shapes, v_links, v_runs) WITH ORDINALITY AS g (job, shape, links, run, nth);
	RETURN QUERY
	SELECT v_us, v_looked, v_good, g.job, g.shape, g.rank, k.attempt, k.retries, k.lost, g.run,
		k.created, k.enqueued, k.started, k.payload, k.options, k.metadata, k.extra, g.nth > p_max
	FROM unnest(v_rows, v_jobs, v_shapes, v_ranks, v_runs) WITH ORDINALITY AS g (row, job, shape, rank, run, nth),
		LATERAL (SELECT y.attempt, y.retries, y.lost, y.created, y.enqueued, y.started, y.payload, y.options, y.metadata, y.extra
			FROM jg_job y WHERE y.ctid = g.row OFFSET 0) k;
END $$;

-- hot_settle writes the successes of plain runs, and gives the numbers of those that it
-- wrote; number 0 stands for all that began.
CREATE FUNCTION jg_hot_settle(p_shift bigint, p_lock bigint, p_session int, p_async boolean, p_jobs bytea[], p_fetches int[],
	p_took bigint[], p_keep bigint[], p_results bytea[], p_begun bytea[], p_begun_fetches int[]) RETURNS TABLE (nth bigint)
LANGUAGE plpgsql
SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off SET plan_cache_mode = force_generic_plan SET lock_timeout = 2000 AS $$
#variable_conflict use_column
DECLARE
	v_us bigint;
	v_ms bigint;
	v_begun bigint := 0;
BEGIN
	IF p_async THEN
		PERFORM set_config('synchronous_commit', 'off', true);
	END IF;
	-- The second lock: settles of one session come one after the other.
	PERFORM pg_advisory_xact_lock_shared(p_lock), pg_advisory_xact_lock(p_lock + 1 + p_session);
	PERFORM 1 FROM jg_session WHERE no = p_session AND dead = 0; -- guard: session
	IF NOT FOUND THEN
		RETURN;
	END IF;
	v_us := (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + p_shift;
	v_ms := v_us / 1000;
	IF cardinality(p_begun) > 0 THEN
		UPDATE jg_run SET flags = 4, started = v_ms WHERE ctid = ANY (ARRAY (
			SELECT r.tid FROM unnest(p_begun, p_begun_fetches) AS b (job, run), LATERAL (SELECT y.ctid AS tid FROM jg_run y
				WHERE y.session = p_session AND y.job = b.job AND y."fetch" = b.run AND y.flags = 5 OFFSET 0) r)); -- guard: fence
		GET DIAGNOSTICS v_begun = ROW_COUNT;
	END IF;
	IF v_begun = cardinality(p_begun) THEN
		nth := 0;
		RETURN NEXT;
	END IF;
	RETURN QUERY
	WITH gone AS MATERIALIZED (
		SELECT o.nth, r.tid, o.job, r.shape, o.run, o.took, v_ms + o.keep AS retain, o.result,
			CASE WHEN r.flags = 5 THEN v_ms - o.took / 1000000 ELSE r.started END AS started
		FROM unnest(p_jobs, p_fetches, p_took, p_keep, p_results) WITH ORDINALITY AS o (job, run, took, keep, result, nth),
			LATERAL (SELECT y.ctid AS tid, y.shape, y.flags, y.started FROM jg_run y
				WHERE y.session = p_session AND y.job = o.job AND y."fetch" = o.run -- guard: fence
					AND y.flags & ~1 = 4 AND y.links & 1607 = 0 OFFSET 0) r),
	dropped AS (DELETE FROM jg_run WHERE ctid = ANY (ARRAY (SELECT tid FROM gone))),
	ended AS (
		INSERT INTO jg_end (shelf, id, shape, session, "fetch", started, finished, retain, took, result)
		SELECT CASE WHEN shape < 192 THEN shape ELSE 192 + shape % 64 END, job, shape, p_session, run, started, v_ms, retain, took, result FROM gone),
	shapes AS MATERIALIZED (SELECT shape, count(*) AS n, sum(took)::bigint / 1000 AS took FROM gone GROUP BY shape),
	tally AS (
		INSERT INTO jg_tally (shape, cls, n) SELECT shape, c.cls, c.sign * n FROM shapes, (VALUES (4, -1), (6, 1)) AS c (cls, sign)),
	stats AS (
		INSERT INTO jg_stat (step, at, shape, succeeded, failed, deleted, retried, run_time)
		SELECT s.step, v_ms / s.step * s.step, shape, n, 0, 0, 0, took FROM shapes, (VALUES (60000), (3600000)) AS s (step)),
	chunks AS (
		SELECT (retain + 999) / 1000 * 1000 AS at, array_agg(job ORDER BY nth) AS ids, string_agg(int4send(shape) || job, ''::bytea ORDER BY nth) AS jobs
		FROM gone GROUP BY 1),
	sweeps AS (
		INSERT INTO jg_sweep (at, session, low, high, jobs) SELECT at, p_session, ids[1], ids[cardinality(ids)], jobs FROM chunks)
	SELECT nth FROM gone;
END $$;

-- hot_tick is a session's sign of life while there is nothing to do; no row: there is.
CREATE FUNCTION jg_hot_tick(p_shift bigint, p_lock bigint, p_session int, p_owner text, p_generation bigint, p_queues int[], p_behind bigint)
RETURNS TABLE (us bigint, next_due bigint, ready int[])
LANGUAGE plpgsql
SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off SET plan_cache_mode = force_generic_plan SET lock_timeout = 2000 AS $$
#variable_conflict use_column
DECLARE
	v_us bigint;
	v_ms bigint;
BEGIN
	PERFORM pg_advisory_xact_lock_shared(p_lock);
	v_us := (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + p_shift;
	v_ms := v_us / 1000;
	UPDATE jg_session s SET seen = v_ms
	WHERE s.no = p_session AND s.dead = 0 AND s.seen <= v_ms AND v_ms - s.seen <= s.lease / 2 AND v_ms - s.swept < 300000
		AND EXISTS (SELECT 1 FROM jg_meta m WHERE m.one = 1 AND m.generation = p_generation)
		AND NOT EXISTS (SELECT 1 FROM jg_run r WHERE r.session = p_session AND r.flags & 2 > 0)
		AND NOT EXISTS (SELECT 1 FROM jg_session o WHERE o.dead = 1 OR o.no <> p_session AND v_ms - o.seen > o.lease)
		AND NOT EXISTS (SELECT 1 FROM jg_todo)
		AND NOT EXISTS (SELECT 1 FROM jg_job j WHERE j.due > 0 AND j.due <= v_ms)
		AND NOT EXISTS (SELECT 1 FROM jg_job j WHERE j.expires > 0 AND j.expires <= v_ms AND j.cls IN (4, 5))
		AND NOT EXISTS (SELECT 1 FROM jg_sweep w WHERE w.at <= v_ms)
		AND NOT EXISTS (SELECT 1 FROM jg_batch b WHERE b.look > 0 AND b.look <= v_ms)
		AND NOT EXISTS (SELECT 1 FROM jg_recurring c WHERE c.owner IN ('', p_owner) AND c.next > 0 AND c.next <= v_ms AND c.paused = 0);
	IF NOT FOUND THEN
		RETURN;
	END IF;
	RETURN QUERY SELECT v_us,
		least((SELECT j.due FROM jg_job j WHERE j.due > 0 ORDER BY j.due LIMIT 1),
			(SELECT min(c.next) FROM jg_recurring c WHERE c.owner IN ('', p_owner) AND c.next > v_ms AND c.next > 0 AND c.paused = 0)),
		ARRAY (SELECT q FROM unnest(p_queues) AS q WHERE EXISTS (SELECT 1 FROM generate_series(0, 3) AS p, LATERAL (
			SELECT 1 FROM jg_ready y WHERE y.queue = q AND y.line = 0 AND y.rank > (p::bigint << 60) + p_behind AND y.rank < (p + 1)::bigint << 60
			ORDER BY y.queue, y.line, y.rank LIMIT 1) AS y));
END $$;
