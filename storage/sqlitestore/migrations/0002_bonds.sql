-- What a run reported and the next one may need.
CREATE TABLE jg_note (
	job        BLOB PRIMARY KEY,
	progress   BLOB,
	checkpoint BLOB,
	lines      INTEGER NOT NULL -- log lines of all runs, kept or not
);

CREATE TABLE jg_log (
	job    BLOB NOT NULL,
	number INTEGER NOT NULL,
	fetch  INTEGER NOT NULL,
	at     INTEGER NOT NULL,
	level  TEXT NOT NULL,
	text   TEXT NOT NULL,
	fields TEXT NOT NULL,
	PRIMARY KEY (job, number)
) WITHOUT ROWID;

CREATE TABLE jg_edge (
	parent  BLOB NOT NULL,
	child   BLOB NOT NULL,
	place   INTEGER NOT NULL, -- among the child's parents
	batch   INTEGER NOT NULL, -- the parent is one
	cond    INTEGER NOT NULL,
	ended   INTEGER NOT NULL,
	run     INTEGER NOT NULL,
	waiting INTEGER NOT NULL, -- the child is awaiting
	PRIMARY KEY (parent, child)
) WITHOUT ROWID;
CREATE INDEX jg_edge_child ON jg_edge (child, place);
CREATE INDEX jg_edge_waiting ON jg_edge (parent) WHERE waiting = 1;

CREATE TABLE jg_batch (
	id             BLOB PRIMARY KEY,
	parent         BLOB,
	depth          INTEGER NOT NULL,
	name           TEXT NOT NULL,
	metadata       BLOB,
	created        INTEGER NOT NULL,
	finished       INTEGER NOT NULL,
	total          INTEGER NOT NULL,
	pending        INTEGER NOT NULL,
	succeeded      INTEGER NOT NULL,
	failed         INTEGER NOT NULL,
	deleted        INTEGER NOT NULL,
	nested         INTEGER NOT NULL,
	nested_open    INTEGER NOT NULL,
	nested_failed  INTEGER NOT NULL,
	nested_deleted INTEGER NOT NULL,
	state          INTEGER NOT NULL,
	ends           INTEGER NOT NULL,
	sealed         INTEGER NOT NULL,
	cancelled      INTEGER NOT NULL,
	look           INTEGER NOT NULL, -- final: when the sweep looks at it
	by             TEXT NOT NULL     -- who cancelled it
) WITHOUT ROWID;
CREATE INDEX jg_batch_parent ON jg_batch (parent, id) WHERE parent IS NOT NULL;
CREATE INDEX jg_batch_look ON jg_batch (look) WHERE look > 0;

CREATE TABLE jg_unique (
	name    TEXT PRIMARY KEY,
	job     BLOB NOT NULL,
	expires INTEGER NOT NULL -- 0: never
) WITHOUT ROWID;

-- A run that holds a slot of a limit.
CREATE TABLE jg_slot (
	name  TEXT NOT NULL,
	job   BLOB NOT NULL,
	fetch INTEGER NOT NULL,
	PRIMARY KEY (name, job, fetch)
) WITHOUT ROWID;

-- The starts that a rate counts.
CREATE TABLE jg_start (
	name  TEXT NOT NULL,
	at    INTEGER NOT NULL,
	n     INTEGER NOT NULL,
	until INTEGER NOT NULL,
	PRIMARY KEY (name, at, n)
) WITHOUT ROWID;
CREATE INDEX jg_start_until ON jg_start (until);

-- What an end still has to release, in order.
CREATE TABLE jg_todo (
	no      INTEGER PRIMARY KEY AUTOINCREMENT,
	what    INTEGER NOT NULL,
	subject BLOB NOT NULL,
	state   INTEGER NOT NULL,
	run     INTEGER NOT NULL,
	after   BLOB
);
CREATE INDEX jg_todo_subject ON jg_todo (subject);

-- Final jobs by when they are to be swept, many in a row: 4 bytes of shape and 16 of id
-- for each. Those of one session that are in jg_end share rows, so that a list by
-- server needs no entry for each job.
CREATE TABLE jg_sweep (
	no      INTEGER PRIMARY KEY,
	at      INTEGER NOT NULL,
	session INTEGER NOT NULL, -- 0: not in jg_end
	low     BLOB NOT NULL,    -- the first of the ids
	high    BLOB NOT NULL,    -- the last
	jobs    BLOB NOT NULL
);
CREATE INDEX jg_sweep_at ON jg_sweep (at);
CREATE INDEX jg_sweep_low ON jg_sweep (session, low) WHERE session > 0;
CREATE INDEX jg_sweep_high ON jg_sweep (session, high) WHERE session > 0;

CREATE TABLE jg_recurring (
	id        TEXT PRIMARY KEY,
	owner     TEXT NOT NULL,
	revision  INTEGER NOT NULL,
	cron      TEXT NOT NULL,
	zone      TEXT NOT NULL,
	misfire   INTEGER NOT NULL,
	overlap   INTEGER NOT NULL,
	job       BLOB NOT NULL,
	paused    INTEGER NOT NULL,
	paused_by TEXT NOT NULL,
	next      INTEGER NOT NULL,
	last      INTEGER NOT NULL,
	last_job  BLOB,
	created   INTEGER NOT NULL,
	updated   INTEGER NOT NULL,
	declared  INTEGER NOT NULL,
	heard     INTEGER NOT NULL -- last declaration, also one that was ignored
) WITHOUT ROWID;
CREATE INDEX jg_recurring_next ON jg_recurring (owner, next) WHERE next > 0 AND paused = 0;

CREATE TABLE jg_stat (
	step      INTEGER NOT NULL, -- milliseconds
	at        INTEGER NOT NULL,
	shape     INTEGER NOT NULL,
	succeeded INTEGER NOT NULL,
	failed    INTEGER NOT NULL,
	deleted   INTEGER NOT NULL,
	retried   INTEGER NOT NULL,
	run_time  INTEGER NOT NULL, -- microseconds
	PRIMARY KEY (step, at, shape)
) WITHOUT ROWID;

-- When a service last had a living session.
CREATE TABLE jg_owner (
	owner TEXT PRIMARY KEY,
	seen  INTEGER NOT NULL
) WITHOUT ROWID;

-- Sessions that are over: their ids are never used again.
CREATE TABLE jg_ended (
	id BLOB PRIMARY KEY,
	at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX jg_ended_at ON jg_ended (at);
