-- What a run reported and the next one may need.
CREATE TABLE IF NOT EXISTS jg_note (
	job        VARBINARY(17) PRIMARY KEY,
	progress   LONGBLOB,
	checkpoint LONGBLOB,
	`lines`    INT NOT NULL -- log lines of all runs, kept or not
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS jg_log (
	job     VARBINARY(17) NOT NULL,
	number  INT NOT NULL,
	`fetch` INT NOT NULL,
	at      BIGINT NOT NULL,
	level   BLOB NOT NULL,
	text    BLOB NOT NULL,
	fields  BLOB NOT NULL,
	PRIMARY KEY (job, number)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS jg_edge (
	parent  VARBINARY(17) NOT NULL,
	child   VARBINARY(17) NOT NULL,
	place   INT NOT NULL, -- among the child's parents
	batch   INT NOT NULL, -- the parent is one
	cond    INT NOT NULL,
	ended   INT NOT NULL,
	run     BIGINT NOT NULL,
	waiting INT NOT NULL, -- the child is awaiting
	PRIMARY KEY (parent, child),
	KEY jg_edge_child (child, place),
	KEY jg_edge_waiting (parent, waiting)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS jg_batch (
	id             VARBINARY(17) PRIMARY KEY,
	parent         VARBINARY(17),
	depth          INT NOT NULL,
	name           BLOB NOT NULL,
	metadata       BLOB,
	created        BIGINT NOT NULL,
	finished       BIGINT NOT NULL,
	total          BIGINT NOT NULL,
	pending        BIGINT NOT NULL,
	succeeded      BIGINT NOT NULL,
	failed         BIGINT NOT NULL,
	deleted        BIGINT NOT NULL,
	nested         BIGINT NOT NULL,
	nested_open    BIGINT NOT NULL,
	nested_failed  BIGINT NOT NULL,
	nested_deleted BIGINT NOT NULL,
	state          INT NOT NULL,
	ends           INT NOT NULL,
	sealed         INT NOT NULL,
	cancelled      INT NOT NULL,
	look           BIGINT NOT NULL, -- final: when the sweep looks at it
	`by`           BLOB NOT NULL, -- who cancelled it
	KEY jg_batch_parent (parent, id),
	KEY jg_batch_look (look)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS jg_unique (
	name    VARBINARY(255) PRIMARY KEY,
	job     VARBINARY(17) NOT NULL,
	expires BIGINT NOT NULL -- 0: never
) ENGINE = InnoDB;

-- A run that holds a slot of a limit.
CREATE TABLE IF NOT EXISTS jg_slot (
	name    VARBINARY(255) NOT NULL,
	job     VARBINARY(17) NOT NULL,
	`fetch` INT NOT NULL,
	PRIMARY KEY (name, job, `fetch`)
) ENGINE = InnoDB;

-- The starts that a rate counts.
CREATE TABLE IF NOT EXISTS jg_start (
	name  VARBINARY(255) NOT NULL,
	at    BIGINT NOT NULL,
	n     BIGINT NOT NULL,
	until BIGINT NOT NULL,
	PRIMARY KEY (name, at, n),
	KEY jg_start_until (until)
) ENGINE = InnoDB;

-- What an end still has to release, in order.
CREATE TABLE IF NOT EXISTS jg_todo (
	no      BIGINT AUTO_INCREMENT PRIMARY KEY,
	what    INT NOT NULL,
	subject VARBINARY(17) NOT NULL,
	state   INT NOT NULL,
	run     BIGINT NOT NULL,
	after   VARBINARY(17),
	KEY jg_todo_subject (subject)
) ENGINE = InnoDB;

-- Final jobs by when they are to be swept, many in a row: 4 bytes of shape and 16 of id
-- for each. Those of one session that are in jg_end share rows, so that a list by
-- server needs no entry for each job.
CREATE TABLE IF NOT EXISTS jg_sweep (
	no      BIGINT AUTO_INCREMENT PRIMARY KEY,
	at      BIGINT NOT NULL,
	session BIGINT NOT NULL, -- 0: not in jg_end
	low     VARBINARY(17) NOT NULL, -- the first of the ids
	high    VARBINARY(17) NOT NULL, -- the last
	jobs    LONGBLOB NOT NULL,
	KEY jg_sweep_at (at),
	KEY jg_sweep_low (session, low),
	KEY jg_sweep_high (session, high)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS jg_recurring (
	id        VARBINARY(255) PRIMARY KEY,
	owner     VARBINARY(255) NOT NULL,
	revision  BIGINT NOT NULL,
	cron      BLOB NOT NULL,
	zone      BLOB NOT NULL,
	misfire   INT NOT NULL,
	overlap   INT NOT NULL,
	job       LONGBLOB NOT NULL,
	paused    INT NOT NULL,
	paused_by BLOB NOT NULL,
	next      BIGINT NOT NULL,
	last      BIGINT NOT NULL,
	last_job  VARBINARY(17),
	created   BIGINT NOT NULL,
	updated   BIGINT NOT NULL,
	declared  BIGINT NOT NULL,
	heard     BIGINT NOT NULL, -- last declaration, also one that was ignored
	KEY jg_recurring_next (owner, paused, next)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS jg_stat (
	no        BIGINT AUTO_INCREMENT PRIMARY KEY,
	step      BIGINT NOT NULL, -- milliseconds
	at        BIGINT NOT NULL,
	shape     INT NOT NULL,
	succeeded BIGINT NOT NULL,
	failed    BIGINT NOT NULL,
	deleted   BIGINT NOT NULL,
	retried   BIGINT NOT NULL,
	run_time  BIGINT NOT NULL, -- microseconds
	KEY jg_stat_at (step, at, shape)
) ENGINE = InnoDB;

-- When a service last had a living session.
CREATE TABLE IF NOT EXISTS jg_owner (
	owner VARBINARY(255) PRIMARY KEY,
	seen  BIGINT NOT NULL
) ENGINE = InnoDB;

-- Sessions that are over: their ids are never used again.
CREATE TABLE IF NOT EXISTS jg_ended (
	id VARBINARY(17) PRIMARY KEY,
	at BIGINT NOT NULL,
	KEY jg_ended_at (at)
) ENGINE = InnoDB;
