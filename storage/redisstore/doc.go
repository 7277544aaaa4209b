// Package redisstore keeps jobs in Redis 6.2 or later, or Valkey, through go-redis:
// a single server, Sentinel, or a Cluster.
//
// What it needs of the server: an append-only file (every second or always), no
// eviction (maxmemory-policy noeviction), and for failovers without loss replicas that
// are awaited ([WaitReplicas]). [Store.Warnings] says what is not so.
//
// # How it works
//
// Every call that writes is one Lua script, so it is one atomic step as a call of
// package memstore is under its mutex: the scripts are a port of that package, and its
// files say what each step does. Plain jobs (no parents, batch, unique key, limits,
// recurrence or expiry) take small scripts of their own (lua/plain_*.lua), which handle
// a whole call with a handful of Redis commands; they answer "not plain" before they
// write anything, and the call is made again with the full script.
//
// Every byte that is written or passes through Lua costs, and so does every member of a
// collection, so a plain job is written three times in its life: a short record with its
// body (short.go), a claim beside it when a plain fetch gives it, and the claim again with
// the end of the run behind it, where that is still the same when a plain settle comes.
// Whatever else changes a job (lua/jobs.lua) takes the claim into the record first and
// writes it in full, so an unchanged claim says that the record is unchanged too. Readers
// do the same with what they read (lua/claim.lua).
//
// Where plain jobs stand, they share members: in packs of the line, which others take apart
// as they need, and on the shelves of the index. A shelf is kept by buckets of 8 ms of ids;
// its members say which jobs have been in a bucket, the records which are, and with the
// last of a bucket (the key shelf counts them) its members go. What runs is told by the
// call that gave it.
//
// # Shards and keys
//
// A shard is the jobs of a range of lanes: shard = lane * N >> 14. All its keys have one
// tag, jg:{NAMESPACE:SHARD}:name, hence one slot. A script works in one shard and
// declares every key; no name is built in Lua. So there is no key per job, queue or
// parent: what would be many small collections is one sorted set with score 0 whose
// members begin with what they belong to, read by ZRANGEBYLEX.
//
// In the table, id is the 16 bytes of a [storage.ID]; numbers are big-endian; N8(name) is
// the first 8 bytes of the SHA-256 of a name (queue, kind), so that nothing has to hand
// out numbers, eight zero bytes for the empty one; ms is milliseconds since 1970 in 6
// bytes, 0 for the zero time. A kind with its fingerprint is read as N8(kind) N8(print).
//
//	name     type    holds
//	state    hash    id -> the job's record (see record.go and lua/codec.lua): all that changes;
//	                 or a short record and the body (short.go)
//	body     hash    id -> what never changes, written and read by Go only (body.go)
//	more     hash    id -> cmsgpack map of a job that is not plain (lua/more.lua says its fields)
//	claim    hash    id -> claim of a job that a plain fetch gave (claim.go): session id, time in ms,
//	                 start in ms (0: held ready), fetch in 4 bytes, call in 6, name of the server
//	                 behind its length in 1; with its end: ms, ms until when it is kept, run time
//	                 in 8 bytes, result
//	part     hash    one letter, id -> 'r' result, 'c' checkpoint, 'i' input, 'p' progress (8 bytes
//	                 of a float64, note), 'y' payload that replaces the body's (1 byte length,
//	                 fingerprint, payload), 'k' reason of a request to cancel;
//	                 'f', id, fetch in 4 bytes -> the failure of that run (JSON of storage.Failure)
//	log      hash    id, number in 4 bytes -> a log line: fetch in 4 bytes, JSON of storage.LogLine
//	line     zset 0  enqueued jobs in turn: N8(queue), line in 4 bytes (0: not held), priority in
//	                 1 byte, seq in 6 bytes, id; behind it the ids of a pack, of the next seqs
//	held     hash    line in 4 bytes -> cmsgpack map of a held line {q=N8(queue), h=Job.Held,
//	                 c=cause letter, k=N8(kind), p=N8(print), key=, max=, per=ms, n=jobs on it};
//	                 'n', N8(queue), Job.Held, 0, max, 0, per -> its number in 4 bytes
//	turn     zset 0  held lines by what they wait for: 'k', N8(queue), line: lines of kinds;
//	                 'r', N8(queue), priority, seq, line: limits and rates that may have room, by
//	                 their first job's turn; 'a', N8(queue), microseconds in 8 bytes, line: rates
//	                 without room, by when they have; 'l', limit key, 0, line: lines of a limit
//	index    zset 0  all jobs: state in 1 byte (processing as enqueued, 8: held, 9: retrying),
//	                 N8(queue), N8(kind), id; of the enqueued and the succeeded, which are on
//	                 shelves: state, N8, N8, bucket in 6 bytes, ids
//	shelf    hash    state, N8(queue), N8(kind), bucket -> jobs there; and one long field, which keeps
//	                 it from the server's small form, where each change looks through all of it
//	run      zset 0  processing jobs: session id, seq in 6 bytes, id; those that a plain fetch gave
//	                 by its call: session id, call in 6 bytes
//	due      zset    scheduled: id by DueAt in ms
//	expire   zset    enqueued with ExpiresAt: id by it in ms
//	retain   zset    what may be swept, by time in ms: ids one behind the other, of jobs; 'B', id of
//	                 a batch. A hint: the record decides when the time has come
//	kid      zset 0  parent (job or batch) id, child id
//	todo     list    what steps left to Tick: cmsgpack {parent id, 1 for restore, state, run, last child}
//	batch    hash    id -> cmsgpack map of a batch (lua/batch.lua says its fields)
//	set      zset 0  memberships by id: 'b', batch: all batches; 'j', batch, job; 'o', batch, job:
//	                 those that are not final; 'n', batch, nested batch; 'm', recurring id, 0, job;
//	                 'c', session, job: cancellation requested; 'R', id: recurring jobs; 'D',
//	                 owner, 0, id: those that are due; 'F', ms, id: when to look whether one is
//	                 forgotten; 'W', node, shard in 2 bytes, gen in 6, 1 byte: far nodes of a node;
//	                 'P', ms, job: in prep; 'Y', ms, id: far nodes that are pinned until then
//	unique   hash    key -> holder's id, ms until when (0: to its end)
//	limit    hash    'l', key -> jobs running; 'r', key -> the longest Per asked for, in microseconds
//	rate     zset 0  starts: key, 0, microseconds in 8 bytes, a running number in 4
//	meta     hash    seq, line, start, stamp, gen, freed: the last numbers given; 'o', 'i', shard in
//	                 2 bytes: of messages to and from it; 'O', shard: of its last slot freed
//	paused   hash    'q', N8(queue) and 'k', N8(kind) -> who paused it (never absent while paused)
//	count    hash    state in 1 byte, N8(queue), N8(kind) -> jobs; 'H', N8(queue), cause letter ->
//	                 held jobs: 'k' kind, 'p' paused kind, 'l' limit, 'r' rate. No zeros are kept
//	name     hash    N8 -> name, of queues and kinds
//	stat     hash    'm' or 'h', minutes since 1970 of the step in 4 bytes, N8(queue), N8(kind),
//	                 letter -> count: 's' succeeded, 'f' failed, 'd' deleted, 'r' retried, 't' run
//	                 time in ns
//	step     zset 0  the keys of stat without their letter
//	session  hash    id -> living sessions: see lua/session.lua
//	info     hash    session id -> JSON of storage.Session (while it lives)
//	gave     hash    session id -> its last call with the full script: number in 6 bytes, Again in
//	                 microseconds (6 bytes), More (1 byte), then id and fetch (4 bytes) of each job
//	                 that it gave; session id, call in 6 bytes -> the same jobs of a plain fetch, and
//	                 behind an n how many of them still run by their claims, and an h while only
//	                 the insert that answered the call knows of it; while any does, or the session
//	                 may make the call again: session id, k -> numbers of calls kept for that
//	park     hash    session id -> its next call, parked (park.go): see lua/plain_hand.lua; also the
//	                 prefix of channels
//	hand     hash    session id -> the answer that an insert gave to its parked call, until another
//	                 script writes what follows from it (lua/handed.lua): its jobs are only here
//	ended    zset    ids of sessions that ended, by time in ms, kept for a day
//	dying    list    dead sessions with jobs: cmsgpack {id, server, MaxLost; 0: closed}
//	owner    hash    owner -> ms when its last session ended
//	kind     hash    kind, 0, fingerprint -> ms of the last publication or end (6 bytes), JSON of
//	                 storage.KindInfo without Servers
//	twin     hash    id of a duplicate that was not stored -> its holder's id
//	twins    zset    the same ids by the time in ms when they are forgotten
//	fired    hash    recurring id, 0, occurrence in ms (8 bytes, signed) -> id of its job
//	cron     hash    recurring id -> its record (see recurring.go)
//	next     zset    recurring jobs that are not paused, by Next in ms
//	out      zset 0  messages to other shards: target in 2 bytes, number in 6, cmsgpack list
//	prep     hash    id of a job that is about to hold a unique key -> ms since when
//	reserve  hash    unique key of this shard -> id of the job that reserved it, stamp in 8 bytes
//	slot     zset 0  taken slots of limits of this shard: key, 0, job, fetch in 4 bytes, session, ms
//	wake     string  there while somebody waits; also the name of the channel on which queues
//	                 that got work are told: N8 one behind the other
//
// # Scripts
//
// A file in lua/ begins with comments that say which keys it uses and which other files
// come before it (script.go puts them together):
//
//	-- keys: state body        names of the table above, or all
//	-- uses: codec jobs        files without .lua, each with its own keys and uses
//	-- lazy:                   see assembly.go
//	-- handed: stay            see lua/handed.lua
//
// A key is written k_NAME. ARGV[1] is the offset of the clock in milliseconds: 0 but in
// tests. Everything else is the script's own. All files together are one Lua chunk. Files of
// the library say -- lazy: too: what they define (functions are fields of the table L) is
// made when it is used first, and their locals are their own. A script of the library ends
// with return L.done(answer), which writes what changed (L.save), tells who waits, and
// answers {answer, queues woken, ...}; [shard.call] takes that apart. Each redis.call costs
// about three microseconds and every string that Lua makes half of one: many jobs in one
// command, and few strings for each.
//
// The clock is Redis TIME plus the offset: L.now in milliseconds, L.exact in microseconds.
//
// # Several shards
//
// A single server has one shard, and nothing of what follows; a Cluster has 12 unless
// [Shards] says otherwise. A group lives in the shard of its ids' lane, whole; sessions,
// pauses and the catalogue are in every shard, which each judge by themselves who is dead.
// What crosses shards:
//
//   - Messages (mail.go). A step leaves in its own shard, as part of it, what it means for
//     others. Its caller delivers that at once, Tick what a dead caller left. Messages of one
//     shard to another have rising numbers, and are taken once and in order.
//   - Parents and batches (far.go, lua/far.lua). In the shard of the children or members a far
//     node stands for one of another shard: they are judged by it as if it were the node. An
//     insert makes and pins it, registers it with the node (watch), and stores the group with
//     how the node stood. From then on messages keep both alike: every end of the node in
//     order, its start after an end, its cancellation; and back what its members count and
//     whether anything awaits it. A registration has a number (gen), so that what was told
//     for an earlier one is not taken for a later one.
//   - Unique keys (reserve.go). The key's shard knows which job reserved it; whether that
//     job holds it only the job's shard knows. So the end of a job frees its key at once
//     and without a message. An insert first prepares its jobs in their own shard, so that
//     nobody takes their reservations for left ones, and stores only what still is prepared.
//   - Limits (limits.go). A fetch asks the key's shard for a slot, for one run in one session,
//     and goes on with the answer. The end of the run gives it back by a message, another
//     wakes those who wait. What was taken and never used, a Tick finds after a minute.
//
// A call that fails between two shards has done nothing that lasts, and may be made again.
//
// Failovers: go-redis asks anew who serves what whenever a call fails, so that a shard is
// back some seconds after its replica was promoted. What the replica had not got is lost
// but for [WaitReplicas]: a job may be gone, one that ended may run again, and one whose
// outcome is lost stays in processing until the server that ran it ends. Measured over 12
// failovers by Sentinel: up to 0.3 s of work, and 2 s where the killed master came back
// before all Sentinels knew of the new one, and still took jobs: min-replicas-to-write 1
// keeps it from that. An append-only file that is written every second loses the last second
// or two when the server is killed, in the same ways.
package redisstore
