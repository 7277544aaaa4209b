package sqlcore

import (
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// Meta is the row of jg_meta.
type Meta struct {
	Seq        int64 // last place given in a queue; not used where places are times
	Generation int64 // rises when a name or a pause changes: caches are void
	Todos      int64 // rows of jg_todo; where callers' transactions add some on their own, whether there are any
}

var (
	sqlMeta    = sqlText(`SELECT seq, generation, todos FROM jg_meta WHERE one = 1`)
	sqlSetMeta = sqlText(`UPDATE jg_meta SET seq = ?, generation = ?, todos = ? WHERE one = 1`)
)

func (m *Meta) read(l Link) error {
	_, err := one(l, func(r *rows) { *m = Meta{r.int64(0), r.int64(1), r.int64(2)} }, sqlMeta)
	return err
}

// tx is one write transaction. What many of its steps change alike (counters,
// statistics, notes for the sweep) is gathered and written once, by flush.
type tx struct {
	Link
	now    time.Time
	names  *names
	meta   Meta
	stored Meta  // as in the database
	shared bool  // others insert at the same time, see Config.Shared
	places int64 // last place given, where they are times
	user   bool  // in a caller's transaction: what concerns others is for Tick
	bell   *bell

	outside func(f func(l Link) error) error // user, shared: calls f with a link that sees what is committed

	tally  map[tallyKey]int
	stats  map[statKey]*storage.Stat
	sweeps map[sweepKey]*sweepRow
	woken  map[string]bool // queues

	batches map[storage.ID]*batch // read, and to be written where changed

	effects []effect       // what an end releases, not yet done
	moved   int            // jobs that the effects of this step have changed
	freed   map[string]int // limit keys: slots that became free
}

type tallyKey struct {
	shape int
	cls   class
}

func (w *writer) newTx() *tx {
	return w.s.newTx(w.tx, w.tx.Now(), w.names, w.meta)
}

func (s *Store) newTx(l Link, now time.Time, known *names, m Meta) *tx {
	return &tx{Link: l, now: rules.Cut(now), names: known, meta: m, stored: m, bell: &s.bell,
		shared: s.config.Shared, places: placeAt(now),
		tally: make(map[tallyKey]int), woken: make(map[string]bool)}
}

// part runs one call's part, with all that it releases.
func (t *tx) part(run func(t *tx) error) error {
	t.moved = 0
	if err := run(t); err != nil {
		return err
	}
	return t.settleEffects()
}

// nextSeq is the next place in a queue.
func (t *tx) nextSeq() int64 {
	if t.shared {
		t.places++
		return t.places
	}
	t.meta.Seq++
	return t.meta.Seq
}

// Where callers insert at the same time, a place in a queue is a time by the store's
// clock, so nobody waits for a number: microseconds since 2020 and 10 bits for those of
// one step. Longer steps run into the next microseconds.
var placesFrom = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()

const placeBits = 10

func placeAt(now time.Time) int64 { return (now.UnixMicro() - placesFrom) << placeBits }

// wake rings for a queue when the transaction is committed.
func (t *tx) wake(q *queueName) { t.woken[q.name] = true }

var (
	sqlTally = sqlText(`INSERT INTO jg_tally (shape, cls, n) VALUES (?, ?, ?)
		ON CONFLICT (shape, cls) DO UPDATE SET n = n + excluded.n`).
		as(Postgres, `INSERT INTO jg_tally (shape, cls, n) VALUES (?, ?, ?)`)
	sqlStat = sqlText(`INSERT INTO jg_stat (step, at, shape, succeeded, failed, deleted, retried, run_time)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (step, at, shape) DO UPDATE SET
			succeeded = succeeded + excluded.succeeded, failed = failed + excluded.failed,
			deleted = deleted + excluded.deleted, retried = retried + excluded.retried,
			run_time = run_time + excluded.run_time`).
		as(Postgres, `INSERT INTO jg_stat (step, at, shape, succeeded, failed, deleted, retried, run_time) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`)
)

// flush writes what was gathered.
func (t *tx) flush() error {
	if err := t.flushBatches(); err != nil {
		return err
	}
	for k, n := range t.tally {
		if n == 0 {
			continue
		}
		if _, err := t.Exec(sqlTally, k.shape, int(k.cls), n); err != nil {
			return err
		}
	}
	for k, stat := range t.stats {
		if err := t.flushStat(k, stat); err != nil {
			return err
		}
	}
	if err := t.flushSweeps(); err != nil {
		return err
	}
	if t.meta == t.stored || t.shared && t.meta.Generation == t.stored.Generation {
		return nil
	}
	_, err := t.Exec(sqlSetMeta, t.meta.Seq, t.meta.Generation, t.meta.Todos)
	return err
}

// statKey is a row of the statistics but for its step.
type statKey struct {
	minute int64
	shape  int
}

// stat is the row to count in for a shape, now.
func (t *tx) stat(shape int) *storage.Stat {
	key := statKey{rules.StepOf(t.now, rules.FineStep).UnixMilli(), shape}
	if s := t.stats[key]; s != nil {
		return s
	}
	if t.stats == nil {
		t.stats = make(map[statKey]*storage.Stat)
	}
	s := new(storage.Stat)
	t.stats[key] = s
	return s
}

func (t *tx) flushStat(k statKey, s *storage.Stat) error {
	hour := rules.StepOf(time.UnixMilli(k.minute), rules.CoarseStep).UnixMilli()
	for step, at := range map[time.Duration]int64{rules.FineStep: k.minute, rules.CoarseStep: hour} {
		_, err := t.Exec(sqlStat, step, at, k.shape, s.Succeeded, s.Failed, s.Deleted, s.Retried, s.RunTime.Microseconds())
		if err != nil {
			return err
		}
	}
	return nil
}

// apart reports whether only new rows may be written: it is a caller's transaction in a
// database with many writers, and may hold its locks for long.
func (t *tx) apart() bool { return t.user && t.shared }
