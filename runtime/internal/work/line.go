package work

import "time"

// waiting is a job in the line.
type waiting[J any] struct {
	job   J
	since time.Time
}

// line is a queue in a ring that grows.
type line[J any] struct {
	ring  []waiting[J] // its length is a power of two
	first int
	n     int
}

func (l *line[J]) len() int { return l.n }

// at is the place of the i-th job.
func (l *line[J]) at(i int) *waiting[J] { return &l.ring[(l.first+i)&(len(l.ring)-1)] }

func (l *line[J]) push(w waiting[J]) {
	if l.n == len(l.ring) {
		ring := make([]waiting[J], max(16, 2*l.n))
		for i := range l.n {
			ring[i] = *l.at(i)
		}
		l.ring, l.first = ring, 0
	}
	l.n++
	*l.at(l.n - 1) = w
}

// pop takes the first job; there must be one.
func (l *line[J]) pop() J {
	w := l.at(0)
	j := w.job
	*w = waiting[J]{}
	l.first = (l.first + 1) & (len(l.ring) - 1)
	l.n--
	return j
}

// take takes the jobs that match out, but for the first skip ones; nil matches all.
func (l *line[J]) take(skip int, match func(J) bool) []J {
	var taken []J
	left := skip
	for i := skip; i < l.n; i++ {
		w := *l.at(i)
		if match == nil || match(w.job) {
			taken = append(taken, w.job)
			continue
		}
		*l.at(left) = w
		left++
	}
	for i := left; i < l.n; i++ {
		*l.at(i) = waiting[J]{}
	}
	l.n = left
	return taken
}
