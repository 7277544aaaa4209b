-- One row: the counters that every writer shares.
CREATE TABLE jg_meta (
	one        INTEGER PRIMARY KEY CHECK (one = 1),
	seq        INTEGER NOT NULL, -- last place given in a queue
	generation INTEGER NOT NULL, -- rises when a name, a pause or a line changes: caches are void
	todos      INTEGER NOT NULL  -- rows of jg_todo
);
INSERT INTO jg_meta VALUES (1, 0, 0, 0);

CREATE TABLE jg_queue (
	no        INTEGER PRIMARY KEY,
	name      TEXT NOT NULL UNIQUE,
	paused    INTEGER NOT NULL DEFAULT 0,
	paused_by TEXT NOT NULL DEFAULT ''
);

CREATE TABLE jg_paused_kind (
	kind TEXT PRIMARY KEY,
	by   TEXT NOT NULL
) WITHOUT ROWID;

-- A shape is what many jobs have in common; a job names it by number.
CREATE TABLE jg_shape (
	no          INTEGER PRIMARY KEY,
	queue       INTEGER NOT NULL,
	kind        TEXT NOT NULL,
	fingerprint TEXT NOT NULL,
	UNIQUE (queue, kind, fingerprint)
);

-- How many jobs of a shape are in a class of states (see class.go).
CREATE TABLE jg_tally (
	shape INTEGER NOT NULL,
	cls   INTEGER NOT NULL,
	n     INTEGER NOT NULL,
	PRIMARY KEY (shape, cls)
) WITHOUT ROWID;

-- Rows are kept small: what is large lies in jg_big.
CREATE TABLE jg_job (
	id         BLOB PRIMARY KEY,
	shape      INTEGER NOT NULL,
	shelf      INTEGER NOT NULL, -- of the shape: what lists are kept by
	cls        INTEGER NOT NULL,
	rank       INTEGER NOT NULL, -- priority and place in the queue
	line       INTEGER NOT NULL, -- 0, or the held line
	links      INTEGER NOT NULL, -- bits: what else knows the job
	spill      INTEGER NOT NULL, -- bits: which parts are in jg_big
	attempt    INTEGER NOT NULL,
	retries    INTEGER NOT NULL,
	lost       INTEGER NOT NULL,
	fetches    INTEGER NOT NULL, -- without the one that runs
	settled    INTEGER NOT NULL, -- last settled fetch * 8 + what was sent
	dropped    INTEGER NOT NULL, -- history entries
	created    INTEGER NOT NULL,
	enqueued   INTEGER NOT NULL,
	due        INTEGER NOT NULL,
	expires    INTEGER NOT NULL,
	started    INTEGER NOT NULL,
	finished   INTEGER NOT NULL,
	retain     INTEGER NOT NULL,
	reason     TEXT,
	server     TEXT,
	batch      BLOB,
	recurring  TEXT,
	occurrence INTEGER,
	extra      BLOB,
	history    BLOB, -- null: enqueued when it was created, and nothing since
	payload    BLOB,
	options    BLOB,
	metadata   BLOB,
	result     BLOB
) WITHOUT ROWID;
-- What waits for a worker (cls 4, 5) is listed from jg_ready and jg_run.
CREATE INDEX jg_job_list ON jg_job (shelf, cls, id) WHERE cls <> 4 AND cls <> 5;
CREATE INDEX jg_job_due ON jg_job (due) WHERE due > 0;
CREATE INDEX jg_job_expires ON jg_job (expires) WHERE expires > 0;
CREATE INDEX jg_job_batch ON jg_job (batch, shelf, cls, id) WHERE batch IS NOT NULL;
CREATE INDEX jg_job_recurring ON jg_job (recurring, shelf, cls, id) WHERE recurring IS NOT NULL;
CREATE INDEX jg_job_server ON jg_job (server, shelf, cls, id) WHERE server IS NOT NULL;
CREATE UNIQUE INDEX jg_job_occurrence ON jg_job (recurring, occurrence) WHERE occurrence IS NOT NULL;

CREATE TABLE jg_big (
	job  BLOB NOT NULL,
	part INTEGER NOT NULL,
	data BLOB NOT NULL,
	PRIMARY KEY (job, part)
);

-- What waits for a worker: line 0 of a queue, and its held lines.
CREATE TABLE jg_ready (
	queue INTEGER NOT NULL,
	line  INTEGER NOT NULL,
	rank  INTEGER NOT NULL,
	job   BLOB NOT NULL,
	most  INTEGER NOT NULL, -- on a limit's line: the job's own Max
	shape INTEGER NOT NULL,
	shelf INTEGER NOT NULL,
	flags INTEGER NOT NULL,
	PRIMARY KEY (queue, line, rank)
) WITHOUT ROWID;
CREATE INDEX jg_ready_list ON jg_ready (shelf, job, shape);

CREATE TABLE jg_line (
	no    INTEGER PRIMARY KEY,
	queue INTEGER NOT NULL,
	held  TEXT NOT NULL, -- Job.Held of those on it
	cause INTEGER NOT NULL,
	name  TEXT NOT NULL, -- kind or key
	print TEXT NOT NULL, -- fingerprint
	due   INTEGER NOT NULL, -- a rate's line: when to look at it
	UNIQUE (queue, held)
);
CREATE INDEX jg_line_name ON jg_line (cause, name);
CREATE INDEX jg_line_due ON jg_line (queue, due) WHERE due > 0;

-- What runs, and what is held ready by a session.
CREATE TABLE jg_run (
	session INTEGER NOT NULL,
	job     BLOB NOT NULL,
	fetch   INTEGER NOT NULL,
	call    INTEGER NOT NULL,
	flags   INTEGER NOT NULL,
	started INTEGER NOT NULL,
	report  INTEGER NOT NULL,
	lines   INTEGER NOT NULL, -- log lines of this run
	shape   INTEGER NOT NULL,
	links   INTEGER NOT NULL, -- of the job
	why     TEXT, -- of a request to cancel
	PRIMARY KEY (session, job)
) WITHOUT ROWID;

-- The success of a plain job, whose row in jg_job stays as it was when it began.
CREATE TABLE jg_end (
	shelf    INTEGER NOT NULL,
	id       BLOB NOT NULL,
	shape    INTEGER NOT NULL,
	session  INTEGER NOT NULL, -- in jg_ran
	fetch    INTEGER NOT NULL,
	started  INTEGER NOT NULL,
	finished INTEGER NOT NULL,
	retain   INTEGER NOT NULL,
	took     INTEGER NOT NULL, -- nanoseconds
	result   BLOB,
	PRIMARY KEY (shelf, id)
) WITHOUT ROWID;

-- Sessions by number, kept for as long as jg_end may name them.
CREATE TABLE jg_ran (
	no     INTEGER PRIMARY KEY,
	id     BLOB NOT NULL,
	server TEXT NOT NULL
);
CREATE INDEX jg_ran_server ON jg_ran (server);

CREATE TABLE jg_session (
	no       INTEGER PRIMARY KEY AUTOINCREMENT,
	id       BLOB NOT NULL UNIQUE,
	server   TEXT NOT NULL,
	owner    TEXT NOT NULL,
	lease    INTEGER NOT NULL,
	max_lost INTEGER NOT NULL,
	opened   INTEGER NOT NULL,
	seen     INTEGER NOT NULL,
	unbroken INTEGER NOT NULL, -- since when contact has no gap
	call     INTEGER NOT NULL, -- last fetch
	dead     INTEGER NOT NULL,
	swept    INTEGER NOT NULL DEFAULT 0, -- last look for what nobody declares or publishes
	info     BLOB NOT NULL
);
CREATE INDEX jg_session_owner ON jg_session (owner);
CREATE INDEX jg_session_server ON jg_session (server);

CREATE TABLE jg_kind (
	kind        TEXT NOT NULL,
	fingerprint TEXT NOT NULL,
	published   INTEGER NOT NULL,
	place       INTEGER NOT NULL, -- rises with every publication
	info        BLOB NOT NULL,
	PRIMARY KEY (kind, fingerprint)
) WITHOUT ROWID;
