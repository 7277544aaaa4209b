-- The hot paths: a call that concerns plain jobs only is one statement, which the server
-- has parsed and planned whatever the client can. Statements of a function see what was
-- committed before they began: what is read after a lock is newer than the lock.
--
-- Lookups by key are LATERAL with OFFSET 0: whatever the planner takes the tables for,
-- which may have been empty when it last looked, they are lookups.
--
-- Where many things are alike in all jobs, the array of it has one element: what unnest
-- fills up with nulls is like the first.
--
-- Locks: p_lock is the namespace's write lock, which the core takes alone and the hot
-- paths share; p_lock + 1 is held by the one that fetches.

-- hot_insert stores jobs that wait for a worker, in packs: p_firsts and p_sizes say where
-- in the arrays of jobs each one lies. It takes no lock; it waits only for a transaction
-- that has stored a job with the same id, and not for long.
CREATE FUNCTION jg_hot_insert(p_shift bigint, p_ids bytea[], p_shapes int[], p_shelves int[], p_priorities int[],
	p_payloads bytea[], p_options bytea[], p_metadata bytea[], p_firsts int[], p_sizes int[], p_queues int[], p_lows bytea[], p_highs bytea[]) RETURNS bigint
LANGUAGE plpgsql
SET lock_timeout = 2000 AS $$
#variable_conflict use_column
DECLARE
	v_us    bigint := (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + p_shift;
	v_place bigint := (v_us - 1577836800000000) << 10;
	v_ms    bigint := v_us / 1000;
	v_shape int := p_shapes[1];
	v_shelf int := p_shelves[1];
	v_priority bigint := p_priorities[1]::bigint << 60;
	v_spots tid[];
BEGIN
	-- Many rows are read as they come: a function in FROM is kept aside as a whole first. The
	-- plan for that is dear, and made again for few.
	IF cardinality(p_ids) < 32 THEN
		WITH added AS (
			INSERT INTO jg_job (id, shape, shelf, cls, rank, created, enqueued, payload, options, metadata)
			SELECT n.id, coalesce(n.shape, v_shape), coalesce(n.shelf, v_shelf), 4, coalesce(n.priority::bigint << 60, v_priority) + v_place + n.nth,
				v_ms, v_ms, n.payload, n.options, n.metadata
			FROM unnest(p_ids, p_shapes, p_shelves, p_priorities, p_payloads, p_options, p_metadata)
				WITH ORDINALITY AS n (id, shape, shelf, priority, payload, options, metadata, nth)
			RETURNING ctid)
		SELECT array_agg(ctid) INTO v_spots FROM added;
	ELSE
		WITH added AS (
			INSERT INTO jg_job (id, shape, shelf, cls, rank, created, enqueued, payload, options, metadata)
			SELECT n.id, coalesce(n.shape, v_shape), coalesce(n.shelf, v_shelf), 4, coalesce(n.priority::bigint << 60, v_priority) + n.nth,
				v_ms, v_ms, n.payload, n.options, n.metadata
			FROM (SELECT unnest(p_ids) AS id, unnest(p_shapes) AS shape, unnest(p_shelves) AS shelf, unnest(p_priorities) AS priority, unnest(p_payloads) AS payload,
				unnest(p_options) AS options, unnest(p_metadata) AS metadata, generate_series(v_place + 1, v_place + cardinality(p_ids)) AS nth) AS n
			RETURNING ctid)
		SELECT array_agg(ctid) INTO v_spots FROM added;
	END IF;

	INSERT INTO jg_pack (queue, rank, shape, shelf, n, low, high, jobs, spots)
	SELECT k.queue, coalesce(p_priorities[k.first], p_priorities[1])::bigint << 60 | v_place + k.first, coalesce(p_shapes[k.first], p_shapes[1]),
		coalesce(p_shelves[k.first], p_shelves[1]), k.size, k.low, k.high,
		p_ids[k.first:k.first + k.size - 1], v_spots[k.first:k.first + k.size - 1]
	FROM unnest(p_firsts, p_sizes, p_queues, p_lows, p_highs) AS k (first, size, queue, low, high);

	INSERT INTO jg_tally (shape, cls, n) SELECT coalesce(p_shapes[k.first], p_shapes[1]), 4, sum(k.size) FROM unnest(p_firsts, p_sizes) AS k (first, size) GROUP BY 1;
	RETURN v_us;
END $$;

-- open_packs makes rows of jg_ready of packs, of the last one for its first p_last jobs only.
CREATE FUNCTION jg_open_packs(p_tids tid[], p_last int) RETURNS void
LANGUAGE plpgsql
SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off AS $$
#variable_conflict use_column
DECLARE
	v_n int := cardinality(p_tids);
BEGIN
	INSERT INTO jg_ready (queue, line, rank, job, shape, shelf, flags, spot)
	SELECT k.queue, 0, k.rank + u.place - 1, u.job, k.shape, k.shelf, 1, u.spot
	FROM unnest(p_tids) WITH ORDINALITY AS t (tid, nth), LATERAL (SELECT * FROM jg_pack p WHERE p.ctid = t.tid OFFSET 0) k,
		LATERAL unnest(k.jobs, k.spots) WITH ORDINALITY AS u (job, spot, place)
	WHERE u.place > k.taken -- guard: taken
		AND (t.nth < v_n OR u.place <= k.taken + p_last);
	UPDATE jg_pack SET taken = taken + p_last WHERE ctid = p_tids[v_n] AND n - taken > p_last;
	DELETE FROM jg_pack WHERE ctid = ANY (CASE WHEN FOUND THEN p_tids[:v_n - 1] ELSE p_tids END);
END $$;

-- open_first opens what is in packs of the first p_n jobs of a main line behind a rank.
-- Fetches exclude each other, and the core excludes them.
CREATE FUNCTION jg_open_first(p_queue int, p_behind bigint, p_upto bigint, p_n int) RETURNS void
LANGUAGE plpgsql
SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
	v_first bigint; -- place in a pack
	v_n     int;
	v_tids  tid[];
	v_upto  int;
BEGIN
	SELECT p.rank INTO v_first FROM jg_pack p WHERE p.queue = p_queue AND p.rank > p_behind - 1024 AND p.rank < p_upto ORDER BY p.queue, p.rank LIMIT 1;
	IF NOT FOUND THEN
		RETURN;
	END IF;
	v_n := p_n - (SELECT count(*) FROM (SELECT 1 FROM jg_ready y WHERE y.queue = p_queue AND y.line = 0 AND y.rank > p_behind AND y.rank < v_first
		ORDER BY y.queue, y.line, y.rank LIMIT p_n) AS r);
	IF v_n <= 0 THEN
		RETURN;
	END IF;
	SELECT array_agg(k.tid), max(k.upto) INTO v_tids, v_upto FROM (
		SELECT y.tid, y.jobs, sum(y.jobs) OVER (ROWS UNBOUNDED PRECEDING) AS upto FROM (
			SELECT p.ctid AS tid, p.n - p.taken AS jobs FROM jg_pack p
			WHERE p.queue = p_queue AND p.rank > p_behind - 1024 AND p.rank < p_upto ORDER BY p.queue, p.rank LIMIT v_n) y) k
	WHERE k.upto - k.jobs < v_n;
	PERFORM jg_open_packs(v_tids, p.n - p.taken - greatest(v_upto - v_n, 0)) FROM jg_pack p WHERE p.ctid = v_tids[cardinality(v_tids)];
END $$;

-- open_at opens the pack in which a place of a main line lies.
CREATE FUNCTION jg_open_at(p_queue int, p_rank bigint) RETURNS void
LANGUAGE plpgsql
SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN
	PERFORM jg_open_packs(ARRAY[p.ctid], p.n) FROM jg_pack p
	WHERE p.queue = p_queue AND p.rank > p_rank - 1024 AND p.rank <= p_rank AND p.rank + p.n > p_rank;
END $$;

-- unpack makes rows of jg_run of all claims. The caller has the write lock alone.
CREATE FUNCTION jg_unpack() RETURNS void
LANGUAGE plpgsql
SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off AS $$
BEGIN
	IF EXISTS (SELECT 1 FROM jg_claim) THEN
		INSERT INTO jg_run (session, call, flags, started, "fetch", shape, links, job)
		SELECT c.session, c.call, c.flags, c.started, c."fetch", c.shape, c.links, c.job FROM jg_claimed c;
		DELETE FROM jg_claim;
	END IF;
END $$;

-- hot_fetch takes the first plain jobs off lines. No us: it is the core's matter. looked
-- is how many were looked at, fine how many of them were plain and readable before the
-- first that was not; the arrays are of those that were taken. Those from runs on are null
-- where all jobs are as they were stored: what they would say is in their ranks, or zero.
CREATE FUNCTION jg_hot_fetch(p_shift bigint, p_lock bigint, p_session int, p_call bigint, p_generation bigint,
	p_queues int[], p_behind bigint[], p_upto bigint[], p_shapes int[], p_max int, p_ahead int,
	OUT us bigint, OUT looked int, OUT fine int, OUT jobs bytea[], OUT shapes int[], OUT ranks bigint[],
	OUT payloads bytea[], OUT options bytea[], OUT metadatas bytea[], OUT runs int[], OUT createds bigint[],
	OUT attempts int[], OUT retries int[], OUT losts int[], OUT enqueueds bigint[], OUT starteds bigint[], OUT extras bytea[], OUT links int[])
LANGUAGE plpgsql
SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off SET plan_cache_mode = force_generic_plan SET lock_timeout = 2000 AS $$
#variable_conflict use_column
DECLARE
	v_us    bigint;
	v_n     int; -- the first ones that are given
	v_found int;
	v_size  bigint;
	v_first int;
	v_tids  tid[];
	v_spots tid[];
	v_fresh boolean; -- all jobs are as they were stored
	v_rows  boolean; -- jobs come from jg_ready
	v_upto  bigint[];
	v_most  int;     -- packs to look at
	v_packs int;
BEGIN
	-- The commit is durable: a server that dies must not forget a fetch, or it would give
	-- its number out again.
	PERFORM pg_advisory_xact_lock_shared(p_lock), pg_advisory_xact_lock(p_lock + 1);
	v_us := (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + p_shift;
	PERFORM 1 FROM jg_meta m, jg_session s
	WHERE m.one = 1 AND m.generation = p_generation AND s.no = p_session
		AND s.dead = 0 -- guard: session
		AND s.call < p_call -- guard: late copies
		AND NOT EXISTS (SELECT 1 FROM jg_line l WHERE l.queue = ANY (p_queues) AND (l.cause IN (1, 2) OR l.due > 0));
	IF NOT FOUND THEN
		RETURN;
	END IF;
	us := v_us;
	-- Most lines have packs only. Those before the first row of jg_ready may be enough, too;
	-- else what comes first is made rows of.
	SELECT array_agg(CASE WHEN f.others > 0 THEN -1 ELSE least(f.upto, f.rank) END ORDER BY f.nth), count(f.rank) > 0 INTO v_upto, v_rows
	FROM (SELECT q.nth, q.upto, r.rank, count(r.rank) OVER (ORDER BY q.nth ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS others
		FROM unnest(p_queues, p_behind, p_upto) WITH ORDINALITY AS q (no, behind, upto, nth)
			LEFT JOIN LATERAL (SELECT y.rank FROM jg_ready y WHERE y.queue = q.no AND y.line = 0 AND y.rank > q.behind AND y.rank < q.upto
				ORDER BY y.queue, y.line, y.rank LIMIT 1) r ON true) f;
	FOREACH v_most IN ARRAY ARRAY[2 + (p_max + p_ahead) / 16, p_max + p_ahead] LOOP -- few packs, or small ones
		SELECT count(*), min(h.nth) FILTER (WHERE h.shape <> ALL (p_shapes)), max(h.packs),
			array_agg(h.tid), array_agg(h.job), array_agg(h.shape), array_agg(h.rank), array_agg(h.spot)
		INTO looked, v_first, v_packs, v_tids, jobs, shapes, ranks, v_spots
		FROM (SELECT k.before + u.place AS nth, k.packs, k.tid, k.shape, k.rank + u.place - 1 AS rank, u.job, u.spot
			FROM (SELECT row_number() OVER w AS packs, sum(f.n) OVER w - f.n - f.taken AS before, f.tid, f.shape, f.rank, f.taken
				FROM (SELECT q.nth, r.*
					FROM unnest(p_queues, p_behind, v_upto) WITH ORDINALITY AS q (no, behind, upto, nth),
						LATERAL (SELECT y.ctid AS tid, y.rank, y.shape, y.taken, y.n - y.taken AS n FROM jg_pack y
							WHERE y.queue = q.no AND y.rank > q.behind - 1024 AND y.rank < q.upto -- those of one moment may be one in another
							ORDER BY y.queue, y.rank LIMIT v_most) r
					ORDER BY q.nth, r.rank LIMIT v_most) f
				WINDOW w AS (ROWS UNBOUNDED PRECEDING)) k,
				LATERAL (SELECT y.jobs, y.spots FROM jg_pack y WHERE y.ctid = k.tid OFFSET 0) y,
				LATERAL unnest(y.jobs, y.spots) WITH ORDINALITY AS u (job, spot, place)
			WHERE u.place > k.taken -- guard: taken
			LIMIT p_max + p_ahead) h;
		EXIT WHEN looked = p_max + p_ahead OR coalesce(v_packs, 0) < v_most;
	END LOOP;
	v_rows := v_rows AND looked < p_max + p_ahead;
	IF v_rows THEN
		PERFORM jg_open_first(q.no, q.behind, q.upto, p_max + p_ahead) FROM unnest(p_queues, p_behind, p_upto) AS q (no, behind, upto);
		SELECT count(*), min(h.nth) FILTER (WHERE h.flags & 3 <> 1 OR h.shape <> ALL (p_shapes)),
			array_agg(h.tid), array_agg(h.job), array_agg(h.shape), array_agg(h.rank), array_agg(h.spot)
		INTO looked, v_first, v_tids, jobs, shapes, ranks, v_spots
		FROM (SELECT row_number() OVER () AS nth, f.* FROM (
				SELECT r.*
				FROM unnest(p_queues, p_behind, p_upto) WITH ORDINALITY AS q (no, behind, upto, nth),
					LATERAL (SELECT y.ctid AS tid, y.rank, y.job, y.shape, y.flags, y.spot FROM jg_ready y
						WHERE y.queue = q.no AND y.line = 0 AND y.rank > q.behind AND y.rank < q.upto
						ORDER BY y.queue, y.line, y.rank LIMIT p_max + p_ahead) r
				ORDER BY q.nth, r.rank LIMIT p_max + p_ahead) f) h;
	END IF;
	v_n := coalesce(v_first - 1, looked);
	fine := v_n;
	IF v_n > 0 AND v_n < looked THEN
		v_tids := v_tids[:v_n]; v_spots := v_spots[:v_n]; jobs := jobs[:v_n]; shapes := shapes[:v_n]; ranks := ranks[:v_n];
	END IF;
	FOR v_try IN 1..2 LOOP
		EXIT WHEN v_n = 0;
		SELECT count(k.fresh), min(u.nth) FILTER (WHERE k.note IS NOT FALSE), sum(k.size), bool_and(k.fresh),
			array_agg(k.payload), array_agg(k.options), array_agg(k.metadata)
		INTO v_found, v_first, v_size, v_fresh, payloads, options, metadatas
		FROM unnest(jobs, v_spots) WITH ORDINALITY AS u (job, spot, nth) LEFT JOIN LATERAL (
			SELECT y.links & 8 > 0 AS note, y.payload, y.options, y.metadata,
				y.links = 0 AND y.attempt = 1 AND y.enqueued = y.created AND num_nonnulls(y.retries, y.lost, y.fetches, y.started, y.extra) = 0
					AND y.created = (((y.rank & 1152921504606846975) >> 10) + 1577836800000000) / 1000 AS fresh,
				52 + coalesce(octet_length(y.payload), 0) + coalesce(octet_length(y.options), 0) + coalesce(octet_length(y.metadata), 0) AS size
			FROM jg_job y WHERE y.ctid = u.spot AND y.id = u.job OFFSET 0) k ON true;
		EXIT WHEN v_found = v_n;
		-- Rows that were written since are elsewhere.
		v_spots := ARRAY (SELECT k.tid FROM unnest(jobs) WITH ORDINALITY AS u (job, nth) LEFT JOIN LATERAL (
			SELECT y.ctid AS tid FROM jg_job y WHERE y.id = u.job OFFSET 0) k ON true ORDER BY u.nth);
	END LOOP;
	IF NOT v_fresh THEN
		SELECT array_agg(coalesce(y.fetches, 0) + 1), array_agg(y.created), array_agg(y.attempt), array_agg(y.retries), array_agg(y.lost),
			array_agg(y.enqueued), array_agg(y.started), array_agg(y.extra), array_agg(y.links), v_size + 80 * v_n + coalesce(sum(octet_length(y.extra)), 0)
		INTO runs, createds, attempts, retries, losts, enqueueds, starteds, extras, links, v_size
		FROM unnest(v_spots) AS u (spot) LEFT JOIN LATERAL (
			SELECT k.created, k.fetches, k.attempt, k.retries, k.lost, k.enqueued, k.started, k.extra, k.links FROM jg_job k WHERE k.ctid = u.spot OFFSET 0) y ON true;
	END IF;
	fine := coalesce(v_first - 1, v_n);
	v_found := fine;
	-- The answer is small enough to be sent whole, whether or not the client reads it.
	IF v_size > 131072 THEN
		SELECT least(fine, greatest(count(*), 1)) INTO v_found
		FROM (SELECT sum(CASE WHEN v_fresh THEN 52 ELSE 132 END + coalesce(octet_length(z.a), 0) + coalesce(octet_length(z.b), 0) + coalesce(octet_length(z.c), 0) + coalesce(octet_length(z.d), 0))
			OVER (ORDER BY z.nth) AS total FROM unnest(payloads, options, metadatas, extras) WITH ORDINALITY AS z (a, b, c, d, nth)) AS t
		WHERE t.total <= 131072;
	END IF;
	IF v_found = 0 THEN
		jobs := NULL;
		RETURN;
	END IF;
	IF v_found < v_n THEN
		v_tids := v_tids[:v_found]; jobs := jobs[:v_found]; shapes := shapes[:v_found]; ranks := ranks[:v_found];
		payloads := payloads[:v_found]; options := options[:v_found]; metadatas := metadatas[:v_found]; runs := runs[:v_found]; links := links[:v_found];
	END IF;
	IF v_rows THEN
		DELETE FROM jg_ready WHERE ctid = ANY (v_tids);
	ELSE
		v_n := cardinality(array_positions(v_tids, v_tids[v_found]));
		UPDATE jg_pack SET taken = taken + v_n WHERE ctid = v_tids[v_found] AND n - taken > v_n;
		IF FOUND THEN
			v_tids := v_tids[:v_found - v_n];
		END IF;
		DELETE FROM jg_pack WHERE ctid = ANY (v_tids);
	END IF;
	INSERT INTO jg_claim (session, call, started, unended, most, jobs, runs, shapes, links)
	VALUES (p_session, p_call, v_us / 1000, v_found, p_max, jobs, coalesce(runs, array_fill(1, ARRAY[v_found])), shapes,
		coalesce(links, array_fill(0, ARRAY[v_found])));
END $$;

-- hot_settle writes the successes of plain runs. They come by the calls that gave them,
-- p_sizes of each, with their places in what the call gave; those of call 0 are in jg_run,
-- if anywhere. It is all or nothing for what a claim gave: else it fails, and the core has
-- to look. What is to be added up is summed up by the caller, for the case that all is
-- written: whole says so, else written has the numbers of those that were. begun is
-- whether it noted all that began. Joins by hash are all that is cheap here, whatever the
-- planner takes the sizes of arrays for.
CREATE FUNCTION jg_hot_settle(p_shift bigint, p_lock bigint, p_session int, p_async boolean,
	p_calls bigint[], p_sizes int[], p_places int[], p_jobs bytea[], p_fetches int[], p_shapes int[], p_took bigint[], p_keep bigint[], p_results bytea[],
	p_sum_shapes int[], p_sums bigint[], p_times bigint[], p_keeps bigint[], p_lows bytea[], p_highs bytea[], p_chunks bytea[],
	p_begun_calls bigint[], p_begun bytea[], p_begun_fetches int[], OUT whole boolean, OUT written bigint[], OUT begun boolean)
LANGUAGE plpgsql
SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off SET enable_nestloop = off SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan SET lock_timeout = 2000 AS $$
#variable_conflict use_column
DECLARE
	v_us      bigint;
	v_ms      bigint;
	v_rows    boolean; -- the session has rows in jg_run
	v_n       bigint := 0;
	v_more    bigint;
	v_from    int := 1;
	v_to      int;
	v_most    int; -- a claim
	v_started bigint;
	v_unended int;
	v_jobs    bytea[];
	v_runs    int[];
	v_shapes  int[];
	v_links   int[];
	v_ended   int[] := '{}'; -- shapes of those in written
	v_nths    bigint[];      -- the ends of runs in jg_run
	v_kinds   int[];
BEGIN
	IF p_async THEN
		PERFORM set_config('synchronous_commit', 'off', true);
	END IF;
	-- The second lock: settles of one session come one after the other.
	PERFORM pg_advisory_xact_lock_shared(p_lock), pg_advisory_xact_lock(p_lock + 1 + p_session);
	PERFORM 1 FROM jg_session WHERE no = p_session
		AND dead = 0 -- guard: session
	LIMIT 1;
	IF NOT FOUND THEN
		RETURN;
	END IF;
	v_us := (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + p_shift;
	v_ms := v_us / 1000;
	v_rows := EXISTS (SELECT 1 FROM jg_run WHERE session = p_session);
	IF cardinality(p_begun) > 0 THEN
		UPDATE jg_run SET flags = 4, started = v_ms WHERE v_rows AND ctid = ANY (ARRAY (
			SELECT r.tid FROM unnest(p_begun, p_begun_fetches) AS b (job, run), LATERAL (SELECT y.ctid AS tid FROM jg_run y
				WHERE y.session = p_session AND y.job = b.job AND y.flags = 5
					AND y."fetch" = b.run -- guard: fence
				OFFSET 0) r));
		GET DIAGNOSTICS v_n = ROW_COUNT;
		WITH held AS MATERIALIZED (
			SELECT c.* FROM (SELECT k.call, k.most, u.* FROM jg_claim k, unnest(k.jobs, k.runs, k.shapes, k.links) WITH ORDINALITY AS u (job, run, shape, links, nth)
					WHERE k.session = p_session AND k.call = ANY (p_begun_calls)) c
				JOIN unnest(p_begun, p_begun_fetches) AS b (job, run) ON b.job = c.job
					AND b.run = c.run -- guard: fence
			WHERE c.nth > c.most AND (NOT v_rows OR NOT EXISTS (SELECT 1 FROM jg_run y WHERE y.session = p_session AND y.job = c.job))),
		rows AS (
			INSERT INTO jg_run (session, call, flags, started, "fetch", shape, links, job)
			SELECT p_session, call, 4, v_ms, run, shape, links, job FROM held),
		fewer AS (
			UPDATE jg_claim c SET unended = c.unended - g.n FROM (SELECT call, count(*) AS n FROM held GROUP BY call) g
			WHERE c.session = p_session AND c.call = ANY (p_begun_calls) AND c.call = g.call)
		SELECT count(*) INTO v_more FROM held;
		DELETE FROM jg_claim WHERE session = p_session AND call = ANY (p_begun_calls) AND unended <= 0;
		v_n := v_n + v_more;
		v_rows := v_rows OR v_more > 0;
	END IF;
	begun := v_n = cardinality(p_begun);

	whole := cardinality(p_calls) = (SELECT count(*) FROM jg_claim WHERE session = p_session AND call = ANY (p_calls));
	FOR i IN 1..cardinality(p_calls) LOOP
		v_to := v_from + p_sizes[i] - 1;
		SELECT most, started, unended, jobs, runs, shapes, links INTO v_most, v_started, v_unended, v_jobs, v_runs, v_shapes, v_links
		FROM jg_claim WHERE session = p_session AND call = p_calls[i];
		IF FOUND THEN
			INSERT INTO jg_end (shelf, id, shape, session, "fetch", started, finished, retain, took, result)
			SELECT CASE WHEN v_shapes[o.place] < 192 THEN v_shapes[o.place] ELSE 192 + v_shapes[o.place] % 64 END, o.job, v_shapes[o.place], p_session, v_runs[o.place],
				CASE WHEN o.place > v_most THEN v_ms - o.took / 1000000 ELSE v_started END, v_ms, v_ms + coalesce(o.keep, p_keep[1]), o.took, o.result
			FROM unnest(p_places[v_from:v_to], p_jobs[v_from:v_to], p_fetches[v_from:v_to], p_took[v_from:v_to], p_keep[v_from:v_to], p_results[v_from:v_to])
				AS o (place, job, run, took, keep, result)
			WHERE v_jobs[o.place] = o.job
				AND v_runs[o.place] = coalesce(o.run, p_fetches[1]) -- guard: fence
				AND v_links[o.place] & 1607 = 0 AND (NOT v_rows OR NOT EXISTS (SELECT 1 FROM jg_run y WHERE y.session = p_session AND y.job = o.job));
			GET DIAGNOSTICS v_n = ROW_COUNT;
			IF v_n < p_sizes[i] THEN
				RAISE EXCEPTION 'the core has runs of call %', p_calls[i] USING ERRCODE = 'JG001';
			END IF;
			IF v_unended > v_n THEN
				UPDATE jg_claim SET unended = v_unended - v_n WHERE session = p_session AND call = p_calls[i];
			ELSE
				DELETE FROM jg_claim WHERE session = p_session AND call = p_calls[i];
			END IF;
			IF NOT whole THEN
				written := written || ARRAY (SELECT generate_series(v_from, v_to)::bigint);
				v_ended := v_ended || ARRAY (SELECT coalesce(p_shapes[n], p_shapes[1]) FROM generate_series(v_from, v_to) AS n);
			END IF;
		END IF;
		v_from := v_to + 1;
	END LOOP;
	IF whole THEN
		INSERT INTO jg_tally (shape, cls, n) SELECT s.shape, c.cls, c.sign * s.n
		FROM unnest(p_sum_shapes, p_sums) AS s (shape, n), (VALUES (4, -1), (6, 1)) AS c (cls, sign);
		INSERT INTO jg_stat (step, at, shape, succeeded, failed, deleted, retried, run_time)
		SELECT t.step, v_ms / t.step * t.step, s.shape, s.n, 0, 0, 0, s.took
		FROM unnest(p_sum_shapes, p_sums, p_times) AS s (shape, n, took), (VALUES (60000), (3600000)) AS t (step);
		INSERT INTO jg_sweep (at, session, low, high, jobs) SELECT (v_ms + k.keep + 999) / 1000 * 1000, p_session, k.low, k.high, k.jobs
		FROM unnest(p_keeps, p_lows, p_highs, p_chunks) AS k (keep, low, high, jobs);
		RETURN;
	END IF;

	IF v_rows THEN
		WITH ran AS MATERIALIZED (
			SELECT o.nth, r.tid, r.shape, o.job, coalesce(o.run, p_fetches[1]) AS run, CASE WHEN r.flags = 5 THEN v_ms - o.took / 1000000 ELSE r.started END AS started, o.took, coalesce(o.keep, p_keep[1]) AS keep, o.result
			FROM unnest(p_jobs, p_fetches, p_took, p_keep, p_results) WITH ORDINALITY AS o (job, run, took, keep, result, nth),
				LATERAL (SELECT y.ctid AS tid, y.shape, y.flags, y.started FROM jg_run y
					WHERE y.session = p_session AND y.job = o.job
						AND y."fetch" = coalesce(o.run, p_fetches[1]) -- guard: fence
						AND y.flags & ~1 = 4 AND y.links & 1607 = 0 OFFSET 0) r
			WHERE o.nth <> ALL (coalesce(written, '{}'))),
		dropped AS (DELETE FROM jg_run WHERE ctid = ANY (ARRAY (SELECT tid FROM ran))),
		ended AS (
			INSERT INTO jg_end (shelf, id, shape, session, "fetch", started, finished, retain, took, result)
			SELECT CASE WHEN shape < 192 THEN shape ELSE 192 + shape % 64 END, job, shape, p_session, run, started, v_ms, v_ms + keep, took, result FROM ran)
		SELECT array_agg(nth), array_agg(shape) INTO v_nths, v_kinds FROM ran;
		written := written || v_nths;
		v_ended := v_ended || v_kinds;
	END IF;
	WITH gone AS MATERIALIZED (
		SELECT o.nth, o.job, w.shape, o.took, v_ms + coalesce(o.keep, p_keep[1]) AS retain
		FROM unnest(written, v_ended) AS w (nth, shape) JOIN unnest(p_jobs, p_took, p_keep) WITH ORDINALITY AS o (job, took, keep, nth) ON o.nth = w.nth),
	shapes AS MATERIALIZED (SELECT shape, count(*) AS n, sum(took)::bigint / 1000 AS took FROM gone GROUP BY shape),
	tally AS (
		INSERT INTO jg_tally (shape, cls, n) SELECT shape, c.cls, c.sign * n FROM shapes, (VALUES (4, -1), (6, 1)) AS c (cls, sign)),
	stats AS (
		INSERT INTO jg_stat (step, at, shape, succeeded, failed, deleted, retried, run_time)
		SELECT s.step, v_ms / s.step * s.step, shape, n, 0, 0, 0, took FROM shapes, (VALUES (60000), (3600000)) AS s (step))
	INSERT INTO jg_sweep (at, session, low, high, jobs)
	SELECT (retain + 999) / 1000 * 1000, p_session, (array_agg(job ORDER BY job))[1], (array_agg(job ORDER BY job DESC))[1], string_agg(int4send(shape) || job, ''::bytea)
	FROM gone GROUP BY 1;
END $$;

-- hot_tick is a session's sign of life while there is nothing to do; no row: there is.
-- In ready, the queues with jobs on their main line, and negative those with lines that a
-- fetch has to look at.
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
			(SELECT 1 FROM jg_ready y WHERE y.queue = q AND y.line = 0 AND y.rank > (p::bigint << 60) + p_behind AND y.rank < (p + 1)::bigint << 60
				ORDER BY y.queue, y.line, y.rank LIMIT 1)
			UNION ALL
			(SELECT 1 FROM jg_pack y WHERE y.queue = q AND y.rank > (p::bigint << 60) + p_behind - 1024 AND y.rank < (p + 1)::bigint << 60
				ORDER BY y.queue, y.rank LIMIT 1)) AS y)
			UNION ALL SELECT (-l.queue)::int FROM jg_line l WHERE l.queue = ANY (p_queues) AND (l.cause IN (1, 2) OR l.due > 0));
END $$;
