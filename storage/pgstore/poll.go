package pgstore

import "time"

// Where nothing is told, or the listener's connection is down, work of other processes
// is found by polls: while there is some lately. A server that has been idle for long is
// rung by its own ticks, which look for it too.

// textPoll is whether jobs wait on the main line of any queue.
const textPoll = `SELECT count(*) FROM (
	SELECT 1 FROM jg_queue q WHERE q.paused = 0 AND EXISTS (SELECT 1 FROM jg_pack p WHERE p.queue = q.no)
	UNION ALL
	SELECT 1 FROM jg_queue q WHERE q.paused = 0 AND EXISTS (SELECT 1 FROM jg_ready r WHERE r.queue = q.no AND r.line = 0)
	LIMIT 1) AS few`

// activeFor is how long after a sign of work polls go on, and ticked how old the last
// tick may be that looks instead of them.
const (
	activeFor = 3 * time.Second
	tickedFor = 1500 * time.Millisecond
)

// hears reports whether other processes tell what they store.
func (d *database) hears() bool { return d.listener != nil && d.listener.hears.Load() }

// Poll reports whether there is work that others may have stored.
func (d *database) Poll() (bool, error) {
	if d.hears() {
		return false, nil
	}
	now := time.Now().UnixNano()
	if now-d.active.Load() > int64(activeFor) && now-d.ticked.Load() < int64(tickedFor) {
		return false, nil
	}
	w, err := d.acquire(background)
	if err != nil {
		return false, err
	}
	defer w.release()
	r := &request{name: "jobgen poll " + d.prefix, text: d.texts.Named(textPoll), rows: new(result), sync: true}
	if err := w.run([]*request{r}); err != nil {
		return false, err
	}
	return len(r.rows.cells) == 1 && number(r.rows.cells[0]) > 0, nil
}
