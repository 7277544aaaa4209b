package faulttest

import (
	"slices"
	"testing"
	"time"
)

// mark is one injected fault.
type mark struct {
	name  string
	begin time.Time
	heal  time.Time     // when it was over
	end   time.Time     // when all that it touched had recovered
	pid   int           // of the worker that it met, if it met one
	waits durations     // how long what it interrupted waited for its next run
	back  time.Duration // from its end to the first run anywhere
}

type durations []time.Duration

// at is the p-th percentile.
func (d durations) at(p int) time.Duration {
	if len(d) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(d))
	return sorted[max((len(sorted)*p+99)/100, 1)-1].Round(time.Millisecond)
}

// measure finds out how long what each fault interrupted took to go on.
func (tr *trial) measure() {
	var starts []time.Time
	for _, es := range tr.events {
		for _, e := range es {
			if e.what == "start" {
				starts = append(starts, e.at)
			}
		}
	}
	slices.SortFunc(starts, time.Time.Compare)
	for i := range tr.marks {
		m := &tr.marks[i]
		if next, _ := slices.BinarySearchFunc(starts, m.heal, time.Time.Compare); next < len(starts) {
			m.back = starts[next].Sub(m.heal)
		}
		if m.pid != 0 {
			m.waits = tr.interrupted(*m)
		}
	}
}

// interrupted is how long each run that a worker's end cut off waited for its next.
func (tr *trial) interrupted(m mark) (waits durations) {
	for _, es := range tr.events {
		for i, e := range es {
			if e.what != "start" || e.pid != m.pid || e.at.After(m.begin) {
				continue
			}
			if i+1 < len(es) && es[i+1].what == "start" && es[i+1].at.After(m.begin) {
				waits = append(waits, es[i+1].at.Sub(m.begin))
			}
		}
	}
	return waits
}

// losses says how much each failover lost, and when that had been made.
func (tr *trial) losses(t *testing.T, name string) {
	t.Helper()
	for _, m := range tr.marks {
		if m.name != "failover" {
			continue
		}
		var made durations // after the master was killed
		for _, at := range tr.lost {
			if at.After(m.begin.Add(-lossSpan)) && at.Before(m.heal.Add(lossSpan)) {
				made = append(made, at.Sub(m.begin))
			}
		}
		t.Logf("%s: failover of %v: %d acknowledged jobs lost, made between %v and %v after the master was killed; another one was there after %v",
			name, m.begin.Format("15:04:05"), len(made), made.at(0), made.at(100), m.heal.Sub(m.begin).Round(time.Millisecond))
	}
}

// lossSpan is how long before and after a failover what is lost is put down to it.
const lossSpan = 3 * time.Second

// recoveryPromise is how long a dead worker's jobs wait at most, in 99 of 100 cases.
const recoveryPromise = 10 * time.Second

// report prints the figures of a run, and judges recovery.
func (tr *trial) report(t *testing.T, name string, l *load) {
	t.Helper()
	byName := make(map[string][]mark)
	for _, m := range tr.marks {
		byName[m.name] = append(byName[m.name], m)
	}
	t.Logf("%s: %d faults injected, %d jobs acknowledged, %d calls failed, %d stories never acknowledged, %d promises broken, %.4f executions per job",
		name, len(tr.marks), len(tr.promises), l.faults, l.unknown, tr.wrong, float64(tr.executions)/float64(max(1, len(tr.promises))))
	if tr.lossy {
		tr.losses(t, name)
	}
	var all durations
	for fault, ms := range byName {
		var back, waits durations
		for _, m := range ms {
			back, waits = append(back, m.back), append(waits, m.waits...)
		}
		t.Logf("%s: %3d x %-16s first run after its end p50 %v p99 %v; %d runs interrupted, p50 %v p99 %v",
			name, len(ms), fault, back.at(50), back.at(99), len(waits), waits.at(50), waits.at(99))
		all = append(all, waits...)
	}
	if p99 := all.at(99); p99 > recoveryPromise {
		t.Errorf("%s: what a dead or frozen worker ran waited %v for its next run (p99); the promise is %v", name, p99, recoveryPromise)
	}
}
