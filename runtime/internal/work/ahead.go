package work

import "time"

// Limits of what is held ready.
const (
	maxAhead = 1000
	// shortRun is the longest mean run for which jobs are held ready.
	shortRun = 3 * time.Millisecond
	// maxHold is how long a held job waits for a worker: longer means that the mean
	// misleads, and that another server should have it.
	maxHold = 250 * time.Millisecond
	// longRun is the mean that is assumed where nothing is measured yet. It takes
	// some dozens of short runs to wear it down.
	longRun = time.Second
	// No run and no round trip counts as shorter than these.
	leastRun  = time.Microsecond
	leastTrip = 100 * time.Microsecond
)

// ahead decides how many jobs to hold ready: what the workers do in the time of two
// round trips, so that the next jobs are there before the last ones are used up, and
// no job waits for much longer than it would in the store.
type ahead struct {
	size int
	mean time.Duration // of a run
	trip time.Duration // the mean round trip
}

func newAhead(size int) ahead { return ahead{size: size, mean: longRun, trip: leastTrip} }

func (a *ahead) ran(took time.Duration)  { a.mean += (took - a.mean) / 16 }
func (a *ahead) took(trip time.Duration) { a.trip += (trip - a.trip) / 4 }
func (a *ahead) forget()                 { a.mean = longRun }

// limit is how many jobs to hold.
func (a *ahead) limit() int {
	if a.mean > shortRun {
		return 0
	}
	span := 2 * min(max(a.trip, leastTrip), maxHold/4)
	return int(min(int64(a.size)*int64(span)/int64(max(a.mean, leastRun)), maxAhead))
}

// room is how many jobs to hold in addition: none until half of the held are used.
func (a *ahead) room(held int) int {
	limit := a.limit()
	if held > limit/2 {
		return 0
	}
	return limit - held
}
