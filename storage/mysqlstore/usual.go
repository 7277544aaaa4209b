package mysqlstore

import "sync"

// usual counts from which priority of each queue this process takes its jobs. What it says
// changes how jobs are looked for, not which are found.
type usual struct {
	mu    sync.Mutex
	taken map[int]*[priorities]int // by queue
}

const (
	priorities   = 4
	priorityBits = 60 // of a rank below the priority
	// usualFrom is how many jobs say what is usual, and usualMost after how many the older
	// ones count half.
	usualFrom = 100
	usualMost = 100_000
)

// of is the priority that most jobs of a queue had lately; 0 while there were few.
func (u *usual) of(queue int) (priority int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	all := u.taken[queue]
	if all == nil {
		return 0
	}
	for p := range all {
		if all[p] > max(all[priority], usualFrom) {
			priority = p
		}
	}
	return priority
}

// took counts jobs that were taken.
func (u *usual) took(jobs []goneRow) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.taken == nil {
		u.taken = make(map[int]*[priorities]int)
	}
	for i := range jobs {
		all := u.taken[jobs[i].queue]
		if all == nil {
			all = new([priorities]int)
			u.taken[jobs[i].queue] = all
		}
		p := int(jobs[i].rank >> priorityBits)
		if all[p]++; all[p] < usualMost {
			continue
		}
		for p := range all {
			all[p] /= 2
		}
	}
}
