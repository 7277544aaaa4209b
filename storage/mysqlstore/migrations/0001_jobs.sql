-- Every text is kept as bytes: names are the same only when all their bytes are,
-- whatever character set and collation the server, database and connection have.
-- Ids have room for a byte more, so that bounds of ids are compared as they are.
-- Counters are rows that are added up, so that no two writers wait for one row.

-- One row: what every writer shares. It is the write lock of the namespace.
CREATE TABLE IF NOT EXISTS jg_meta (
	one        INT PRIMARY KEY,
	seq        BIGINT NOT NULL,
	generation BIGINT NOT NULL, -- rises when a name, a pause or a line changes: caches are void
	todos      BIGINT NOT NULL
) ENGINE = InnoDB;
INSERT INTO jg_meta VALUES (1, 0, 0, 0) ON DUPLICATE KEY UPDATE one = one;

-- The locks of unique keys: a key locks the row of its hash.
CREATE TABLE IF NOT EXISTS jg_keylock (slot INT PRIMARY KEY) ENGINE = InnoDB;
INSERT INTO jg_keylock
	SELECT a.n + 10 * b.n + 100 * c.n
	FROM (SELECT 0 AS n UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9) a,
		(SELECT 0 AS n UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9) b,
		(SELECT 0 AS n UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9) c
	ON DUPLICATE KEY UPDATE slot = slot;

CREATE TABLE IF NOT EXISTS jg_queue (
	no        INT PRIMARY KEY,
	name      VARBINARY(255) NOT NULL UNIQUE,
	paused    INT NOT NULL DEFAULT 0,
	paused_by VARBINARY(2000) NOT NULL DEFAULT ''
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS jg_paused_kind (
	kind VARBINARY(255) PRIMARY KEY,
	`by` BLOB NOT NULL
) ENGINE = InnoDB;

-- A shape is what many jobs have in common; a job names it by number.
CREATE TABLE IF NOT EXISTS jg_shape (
	no          INT PRIMARY KEY,
	queue       INT NOT NULL,
	kind        VARBINARY(255) NOT NULL,
	fingerprint VARBINARY(255) NOT NULL,
	UNIQUE (queue, kind, fingerprint)
) ENGINE = InnoDB;

-- How many jobs of a shape are in a class of states, to be added up.
CREATE TABLE IF NOT EXISTS jg_tally (
	no    BIGINT AUTO_INCREMENT PRIMARY KEY,
	shape INT NOT NULL,
	cls   INT NOT NULL,
	n     BIGINT NOT NULL
) ENGINE = InnoDB;

-- Rows are kept small: what is large lies in jg_big. The defaults are those of a new job
-- that waits for a worker; null is 0 and takes no room.
CREATE TABLE IF NOT EXISTS jg_job (
	id         VARBINARY(17) PRIMARY KEY,
	shape      INT NOT NULL DEFAULT 0,
	shelf      INT NOT NULL DEFAULT 0, -- of the shape: what lists are kept by
	cls        TINYINT NOT NULL DEFAULT 4,
	`rank`     BIGINT NOT NULL DEFAULT 0, -- priority and place in the queue
	line       BIGINT, -- 0, or the held line
	links      INT, -- bits: what else knows the job
	spill      INT, -- bits: which parts are in jg_big
	attempt    INT NOT NULL DEFAULT 1,
	retries    INT,
	lost       INT,
	fetches    INT, -- without the one that runs
	settled    BIGINT, -- last settled fetch * 8 + what was sent
	dropped    INT, -- history entries
	created    BIGINT NOT NULL DEFAULT 0,
	enqueued   BIGINT NOT NULL DEFAULT 0,
	due        BIGINT,
	expires    BIGINT,
	started    BIGINT,
	finished   BIGINT,
	retain     BIGINT,
	reason     BLOB,
	server     VARBINARY(255),
	batch      VARBINARY(17),
	recurring  VARBINARY(255),
	occurrence BIGINT,
	extra      BLOB,
	history    BLOB, -- null: enqueued when it was created, and nothing since
	payload    BLOB,
	options    BLOB,
	metadata   BLOB,
	result     BLOB
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC;

-- What jobs are found by is kept beside them, for the few that are: an index has an entry
-- for each row of its table, whatever is in it. Here are those that are due at a time, and
-- those that neither wait for a worker nor run.
CREATE TABLE IF NOT EXISTS jg_find (
	id      VARBINARY(17) PRIMARY KEY,
	shape   INT NOT NULL,
	shelf   INT NOT NULL,
	cls     INT NOT NULL,
	due     BIGINT NOT NULL,
	expires BIGINT NOT NULL,
	server  VARBINARY(255),
	KEY jg_find_list (shelf, cls, id),
	KEY jg_find_due (due, expires) -- what may expire now is not due
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC;

-- Those that have a server, a batch or a recurring job.
CREATE TABLE IF NOT EXISTS jg_kin (
	id         VARBINARY(17) PRIMARY KEY,
	shape      INT NOT NULL,
	shelf      INT NOT NULL,
	cls        INT NOT NULL,
	server     VARBINARY(255),
	batch      VARBINARY(17),
	recurring  VARBINARY(255),
	occurrence BIGINT,
	KEY jg_kin_batch (batch, shelf, cls, id),
	KEY jg_kin_recurring (recurring, shelf, cls, id),
	KEY jg_kin_server (server, shelf, cls, id),
	UNIQUE KEY jg_kin_occurrence (recurring, occurrence)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC;

CREATE TABLE IF NOT EXISTS jg_big (
	job  VARBINARY(17) NOT NULL,
	part INT NOT NULL,
	data LONGBLOB NOT NULL,
	PRIMARY KEY (job, part)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC;

-- What waits for a worker and is in no pack: on line 0 of a queue, and on its held lines. Two jobs may have one
-- rank: those who store them at the same time do not know of each other.
CREATE TABLE IF NOT EXISTS jg_ready (
	queue  INT NOT NULL,
	line   BIGINT NOT NULL DEFAULT 0,
	`rank` BIGINT NOT NULL,
	job    VARBINARY(17) NOT NULL,
	most   INT NOT NULL DEFAULT 0, -- on a limit's line: the job's own Max
	shape  INT NOT NULL,
	shelf  INT NOT NULL,
	flags  INT NOT NULL DEFAULT 5, -- fresh and plain
	PRIMARY KEY (queue, line, `rank`, job),
	KEY jg_ready_list (shelf, job, shape)
) ENGINE = InnoDB;

-- New plain jobs on line 0, many in a row: those that one call has stored, that are all still
-- there and are alike. Their places are rank and the ones after it, and their ids were made
-- at about the same time. The first ones leave it by taken; before the core takes one out of
-- the middle, it makes rows of jg_ready of all of them.
CREATE TABLE IF NOT EXISTS jg_pack (
	queue  INT NOT NULL,
	`rank` BIGINT NOT NULL,
	low    VARBINARY(17) NOT NULL, -- the least of the ids
	high   VARBINARY(17) NOT NULL, -- and the greatest
	shape  INT NOT NULL,
	shelf  INT NOT NULL,
	n      SMALLINT NOT NULL,
	taken  SMALLINT NOT NULL DEFAULT 0,
	jobs   VARBINARY(1024) NOT NULL, -- the ids, one after the other
	PRIMARY KEY (queue, `rank`, low),
	KEY jg_pack_low (shelf, low),
	KEY jg_pack_high (shelf, high)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC;

CREATE TABLE IF NOT EXISTS jg_line (
	no    BIGINT AUTO_INCREMENT PRIMARY KEY,
	queue INT NOT NULL,
	held  VARBINARY(700) NOT NULL, -- Job.Held of those on it
	cause INT NOT NULL,
	name  VARBINARY(255) NOT NULL, -- kind or key
	print VARBINARY(255) NOT NULL, -- fingerprint
	due   BIGINT NOT NULL, -- a rate's line: when to look at it
	UNIQUE KEY jg_line_held (queue, held),
	KEY jg_line_name (cause, name),
	KEY jg_line_due (queue, due)
) ENGINE = InnoDB;

-- What runs, and what is held ready by a session.
CREATE TABLE IF NOT EXISTS jg_run (
	session BIGINT NOT NULL,
	job     VARBINARY(17) NOT NULL,
	`fetch` INT NOT NULL,
	`call`  BIGINT NOT NULL,
	flags   INT NOT NULL,
	started BIGINT NOT NULL,
	report  BIGINT NOT NULL DEFAULT 0,
	`lines` INT NOT NULL DEFAULT 0, -- log lines of this run
	why     BLOB, -- of a request to cancel
	shape   INT NOT NULL,
	links   INT NOT NULL, -- of the job
	PRIMARY KEY (session, job)
) ENGINE = InnoDB;

-- Plain jobs that one fetch gave, in place of a row of jg_run for each: 16 bytes of id, 4
-- each of fetch number, shape and links, and a byte that says whether the run is over.
CREATE TABLE IF NOT EXISTS jg_claim (
	session BIGINT NOT NULL,
	slot    INT NOT NULL, -- used again and again
	stamp   BIGINT NOT NULL, -- tells it from others that had the slot
	`call`  BIGINT NOT NULL,
	started BIGINT NOT NULL,
	ahead   INT NOT NULL, -- the jobs from here on are held ready
	n       INT NOT NULL,
	live    INT NOT NULL, -- that are not over
	jobs    BLOB NOT NULL,
	done    VARBINARY(1000) NOT NULL,
	PRIMARY KEY (session, slot)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC;

-- The success of a plain job, whose row in jg_job stays as it was when it began.
CREATE TABLE IF NOT EXISTS jg_end (
	shelf    INT NOT NULL,
	id       VARBINARY(17) NOT NULL,
	shape    INT NOT NULL,
	session  BIGINT NOT NULL, -- in jg_ran
	`fetch`  INT NOT NULL,
	started  BIGINT NOT NULL,
	finished BIGINT NOT NULL,
	retain   BIGINT NOT NULL,
	took     BIGINT NOT NULL, -- nanoseconds
	result   BLOB,
	PRIMARY KEY (shelf, id)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC;

-- Sessions by number, kept for as long as jg_end may name them.
CREATE TABLE IF NOT EXISTS jg_ran (
	no     BIGINT PRIMARY KEY,
	id     VARBINARY(17) NOT NULL,
	server VARBINARY(255) NOT NULL,
	KEY jg_ran_server (server)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS jg_session (
	no       BIGINT AUTO_INCREMENT PRIMARY KEY,
	id       VARBINARY(17) NOT NULL UNIQUE,
	server   VARBINARY(255) NOT NULL,
	owner    VARBINARY(255) NOT NULL,
	lease    BIGINT NOT NULL,
	max_lost INT NOT NULL,
	opened   BIGINT NOT NULL,
	seen     BIGINT NOT NULL,
	unbroken BIGINT NOT NULL, -- since when contact has no gap
	`call`   BIGINT NOT NULL, -- last fetch
	dead     INT NOT NULL,
	swept    BIGINT NOT NULL DEFAULT 0, -- last look for what nobody declares or publishes
	info     LONGBLOB NOT NULL,
	KEY jg_session_owner (owner),
	KEY jg_session_server (server)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS jg_kind (
	kind        VARBINARY(255) NOT NULL,
	fingerprint VARBINARY(255) NOT NULL,
	published   BIGINT NOT NULL,
	place       BIGINT NOT NULL, -- rises with every publication
	info        LONGBLOB NOT NULL,
	PRIMARY KEY (kind, fingerprint)
) ENGINE = InnoDB;
