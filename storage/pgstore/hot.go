package pgstore

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/sqlcore"
)

// The hot paths call the functions of migration 0002, each by one statement that is a
// transaction of its own: when its arguments have arrived it needs nothing more of the
// client, so a frozen one holds no lock.

// callFunction runs a function on a connection of the store's own.
func (d *database) callFunction(ctx context.Context, name string, n int, args *arguments, rows func(cells [][]byte) error) error {
	w, err := d.acquire(ctx)
	if err != nil {
		return err
	}
	defer w.release()
	r := &request{name: d.prefix + name, text: "SELECT * FROM " + d.prefix + name + "(" + placeLists[n] + ")",
		args: args.values, types: args.types, rows: new(result), sync: true}
	w.ctx = ctx
	if err := w.run([]*request{r}); err != nil {
		d.broken(err)
		return err
	}
	width := len(r.rows.types)
	for cells := r.rows.cells; len(cells) >= width && width > 0; cells = cells[width:] {
		if err := rows(cells[:width]); err != nil {
			return err
		}
	}
	return nil
}

func nothing([][]byte) error { return nil }

// placeLists are the places of so many arguments.
var placeLists = func() (lists [24]string) {
	var places []string
	for i := 1; i < len(lists); i++ {
		places = append(places, "$"+strconv.Itoa(i))
		lists[i] = strings.Join(places, ", ")
	}
	return lists
}()

// InsertPlain stores plain jobs in one statement, without the write lock.
func (d *database) InsertPlain(ctx context.Context, jobs []sqlcore.PlainJob) (taken bool, err error) {
	n := len(jobs)
	a := new(arguments)
	a.int8(d.offset.Load())
	a.blobs(n, func(i int) []byte { return jobs[i].ID[:] })
	alike(a.int4s, n, func(i int) int { return jobs[i].Shape })
	alike(a.int4s, n, func(i int) int { return jobs[i].Shelf })
	alike(a.int4s, n, func(i int) int { return jobs[i].Priority })
	a.blobs(n, func(i int) []byte { return jobs[i].Payload })
	a.blobs(n, func(i int) []byte { return jobs[i].Options })
	a.blobs(n, func(i int) []byte { return jobs[i].Metadata })
	packs := sqlcore.PacksOf(jobs)
	a.int4s(len(packs), func(i int) int { return packs[i].First + 1 })
	a.int4s(len(packs), func(i int) int { return packs[i].N })
	a.int4s(len(packs), func(i int) int { return jobs[packs[i].First].Queue })
	a.blobs(len(packs), func(i int) []byte { return packs[i].Low[:] })
	a.blobs(len(packs), func(i int) []byte { return packs[i].High[:] })
	d.active.Store(time.Now().UnixNano())
	err = d.callFunction(ctx, "hot_insert", 13, a, nothing)
	if code := codeOf(err); code == codeDuplicate || code == codeDeadlock || code == codeLockTimeout {
		return true, nil
	}
	return false, err
}

// FetchPlain takes plain jobs in one statement.
func (d *database) FetchPlain(ctx context.Context, r *sqlcore.PlainFetch) (got sqlcore.PlainFetched, err error) {
	a := new(arguments)
	a.int8(d.offset.Load())
	a.int8(d.lock)
	a.int4(r.Session)
	a.int8(int64(r.Call))
	a.int8(r.Generation)
	a.int4s(len(r.Spans), func(i int) int { return r.Spans[i].Queue })
	a.int8s(len(r.Spans), func(i int) int64 { return r.Spans[i].Behind })
	a.int8s(len(r.Spans), func(i int) int64 { return r.Spans[i].Upto })
	a.int4s(len(r.Shapes), func(i int) int { return int(r.Shapes[i]) })
	a.int4(r.Max)
	a.int4(r.Ahead)
	defer func() {
		if len(got.Rows) > 0 {
			d.active.Store(time.Now().UnixNano())
		}
	}()
	err = d.callFunction(ctx, "hot_fetch", 11, a, func(c [][]byte) error {
		if c[0] == nil {
			return nil
		}
		got.Known = true
		got.Now = time.UnixMicro(number(c[0])).UTC()
		looked, fine := number(c[1]), number(c[2])
		got.Odd = fine < looked
		got.Rows = plainRows(r.Room, c[3:], r.Max)
		got.More = int64(len(got.Rows)) < fine
		got.Fits = fits(got.Rows, c[3+runsColumn] == nil)
		return nil
	})
	return got, err
}

// What hot_fetch lets an answer have, so that it is sent whole whether or not it is read, and
// what a job takes of it beside its texts: its elements of the arrays.
const (
	answerBytes = 131072
	freshBytes  = 52  // of a job as it was stored
	rowBytes    = 132 // of any other
)

// fits is how many jobs like these an answer has room for, a few less: they are not all alike.
func fits(rows []sqlcore.PlainRow, fresh bool) int {
	bytes := len(rows) * rowBytes
	if fresh {
		bytes = len(rows) * freshBytes
	}
	for i := range rows {
		r := &rows[i]
		bytes += len(r.Payload) + len(r.Options) + len(r.Metadata) + len(r.Extra)
	}
	if bytes == 0 {
		return 0
	}
	return max(len(rows)*(answerBytes-answerBytes/64)/bytes, 1)
}

// runsColumn is the first of those that are null where all jobs are as they were stored.
const runsColumn = 6

// plainRows reads the arrays that hot_fetch answers with.
func plainRows(rows []sqlcore.PlainRow, columns [][]byte, most int) []sqlcore.PlainRow {
	var a [15]elements
	for i := range a {
		a[i] = newElements(columns[i])
	}
	rows = slices.Grow(rows[:0], a[0].n)[:a[0].n]
	fresh := a[runsColumn].n == 0
	for i := range rows {
		row := &rows[i]
		*row = sqlcore.PlainRow{ID: storage.ID(a[0].next()), Shape: int(number(a[1].next())), Rank: number(a[2].next())}
		row.Payload, row.Options, row.Metadata, row.Ahead = a[3].next(), a[4].next(), a[5].next(), i >= most
		if fresh {
			row.Fetch, row.Attempt, row.Created = 1, 1, sqlcore.PlaceTime(row.Rank)/1000
			row.Enqueued = row.Created
			continue
		}
		row.Fetch, row.Created, row.Attempt = int(number(a[6].next())), number(a[7].next()), int(number(a[8].next()))
		row.Retries, row.Lost = int(number(a[9].next())), int(number(a[10].next()))
		row.Enqueued, row.Started, row.Extra, row.Links = number(a[11].next()), number(a[12].next()), a[13].next(), int(number(a[14].next()))
	}
	return rows
}

// TickIdle is a sign of life while nothing is due.
func (d *database) TickIdle(ctx context.Context, t sqlcore.IdleTick) (got sqlcore.IdleTicked, err error) {
	a := new(arguments)
	a.int8(d.offset.Load())
	a.int8(d.lock)
	a.int4(t.Session)
	a.text(t.Owner)
	a.int8(t.Generation)
	a.int4s(len(t.Queues), func(i int) int { return t.Queues[i] })
	a.int8(d.ticks.behind())
	got.NextDue = -1
	start := time.Now()
	d.ticked.Store(start.UnixNano())
	err = d.callFunction(context.WithValue(ctx, unasked{}, true), "hot_tick", 7, a, func(c [][]byte) error {
		got.Idle, got.Alone = true, !d.hears()
		d.ticks.looked(number(c[0]), time.Since(start))
		got.Now = time.UnixMicro(number(c[0])).UTC().Truncate(time.Millisecond)
		if c[1] != nil {
			got.NextDue = max(time.UnixMilli(number(c[1])).Sub(got.Now), 0)
		}
		queues := newElements(c[2])
		for range queues.n {
			got.Found(int(number(queues.next())))
		}
		return nil
	})
	return got, err
}

// ticks are how far back ticks look for work on the lines. Most look at what was stored
// lately only: under an old snapshot what was taken long ago lies dead at their heads.
type ticks struct {
	mu   sync.Mutex
	n    int
	last int64         // the server's clock, in microseconds
	took time.Duration // the last look from the start
}

const (
	recent    = 10 * time.Second
	fullTicks = 8 // every so many ticks look from the start
	slowTick  = 20 * time.Millisecond
)

// behind is the place behind which the next tick looks.
func (t *ticks) behind() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.n++
	every := fullTicks
	if t.took > slowTick {
		every = 8 * fullTicks
	}
	if t.last == 0 || t.n%every == 0 {
		t.n = 0
		return 0
	}
	return (t.last - recent.Microseconds() - sqlcore.PlacesFrom()) << sqlcore.PlaceBits
}

// looked notes what a tick answered.
func (t *ticks) looked(now int64, took time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = now
	if t.n == 0 {
		t.took = took
	}
}
