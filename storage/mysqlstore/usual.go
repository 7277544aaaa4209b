package mysqlstore

import "sync"

// usual counts from which priority of each queue this process takes its jobs. What it says
// changes how jobs are looked for, not which are found.
type usual struct {
	mu    sync.Mutex
	taken map[int]*[priorities]int // by queue
	sizes map[int]int              // of the packs that were seen last
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

// packs is in how many packs so many jobs of a queue will be.
func (u *usual) packs(queue, jobs int) int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return min(jobs/max(u.sizes[queue], 1)+2, jobs)
}

// saw notes in how many packs jobs were.
func (u *usual) saw(queue, jobs, packs int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.sizes == nil {
		u.sizes = make(map[int]int)
	}
	u.sizes[queue] = jobs / packs
}

// took counts jobs that were taken from a queue, by their ranks.
func (u *usual) took(queue int, ranks []int64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.taken == nil {
		u.taken = make(map[int]*[priorities]int)
	}
	all := u.taken[queue]
	if all == nil {
		all = new([priorities]int)
		u.taken[queue] = all
	}
	for _, rank := range ranks {
		p := int(rank >> priorityBits)
		if all[p]++; all[p] < usualMost {
			continue
		}
		for p := range all {
			all[p] /= 2
		}
	}
}
