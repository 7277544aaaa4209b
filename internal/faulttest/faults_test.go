package faulttest

import (
	"context"
	"syscall"
	"time"

	"github.com/gojobgen/jobgen/internal/faultproxy"
)

// fault is something that goes wrong and is put right again.
type fault struct {
	name   string
	needs  func(b *backend) bool
	inject func(c *campaign, m *mark) // returns when the fault is over
}

func always(*backend) bool      { return true }
func hasProxy(b *backend) bool  { return b.proxy != nil }
func hasServer(b *backend) bool { return b.server != nil }
func hasDisk(b *backend) bool   { return b.disk != nil && b.disk.own }
func hasGroup(b *backend) bool  { return b.failover != nil }
func immediate(b *backend) bool { _, ok := b.server.(interface{ Immediate() error }); return ok }
func (c *campaign) check(e error) {
	c.t.Helper()
	if e != nil {
		c.t.Fatal(e)
	}
}

// revive starts the server again where the fault ended it.
func (c *campaign) revive() {
	c.t.Helper()
	if s := c.b.server; s != nil && s.PID() == 0 {
		c.check(s.Start())
	}
}

// between draws a duration; in the short form from the lower part.
func (c *campaign) between(low, high time.Duration) time.Duration {
	if !soak() {
		high = low + (high-low)/4
	}
	return low + time.Duration(c.random.Int64N(int64(high-low)))
}

// pick finds the worker that runs most: a fault that meets nobody shows nothing.
func (c *campaign) pick() int {
	running := make(map[int]int)
	for _, es := range readLedgers(c.t, c.dir) {
		for _, e := range es {
			if e.what == "start" {
				running[e.pid]++
			} else {
				running[e.pid]--
			}
		}
	}
	most := c.random.IntN(len(c.workers))
	for i, w := range c.workers {
		if running[w.pid()] > running[c.workers[most].pid()] {
			most = i
		}
	}
	return most
}

// possible are the faults that this store can meet.
func (c *campaign) possible() (fs []fault) {
	for _, f := range faults {
		if f.needs(c.b) {
			fs = append(fs, f)
		}
	}
	return fs
}

// faults are all of them. What passes between the begin and the end of a fault is the
// fault itself: no signal tells that a process has been frozen for long enough.
var faults = []fault{
	{"failover", hasGroup, func(c *campaign, m *mark) {
		ctx, cancel := context.WithTimeout(c.t.Context(), time.Minute)
		defer cancel()
		if c.b.lossy {
			c.check(c.b.replicated(ctx))
			m.begin = time.Now()
		}
		c.check(c.b.failover(ctx))
	}},
	{"disk full", hasDisk, func(c *campaign, _ *mark) {
		c.check(c.b.disk.fill())
		time.Sleep(c.between(time.Second, 3*time.Second))
		c.check(c.b.disk.free())
		c.revive()
		if c.b.mend != nil {
			ctx, cancel := context.WithTimeout(context.Background(), callLimit)
			defer cancel()
			c.check(c.b.mend(ctx))
		}
	}},
	{"worker killed", always, func(c *campaign, m *mark) {
		i := c.pick()
		m.pid = c.workers[i].pid()
		m.begin = c.workers[i].kill()
		c.workers[i] = c.worker(c.workers[i].config.Clock)
	}},
	{"worker frozen", always, func(c *campaign, m *mark) {
		w := c.workers[c.pick()]
		m.pid = w.pid()
		w.signal(c.t, syscall.SIGSTOP)
		m.begin = time.Now()
		time.Sleep(c.between(5*time.Second, 9*time.Second)) // longer than its lease
		w.signal(c.t, syscall.SIGCONT)
	}},
	{"store killed", hasServer, func(c *campaign, _ *mark) {
		c.check(c.b.server.Kill())
		time.Sleep(c.between(0, 2*time.Second))
		c.check(c.b.server.Start())
	}},
	{"store stopped", hasServer, func(c *campaign, _ *mark) {
		c.check(c.b.server.Stop())
		time.Sleep(c.between(0, 2*time.Second))
		c.check(c.b.server.Start())
	}},
	{"immediate stop", immediate, func(c *campaign, _ *mark) {
		c.check(c.b.server.(interface{ Immediate() error }).Immediate())
		time.Sleep(c.between(0, time.Second))
		c.check(c.b.server.Start())
	}},
	{"store frozen", hasServer, func(c *campaign, _ *mark) {
		c.check(c.b.server.Pause())
		time.Sleep(c.between(time.Second, 6*time.Second))
		c.check(c.b.server.Resume())
	}},
	{"connections cut", hasProxy, func(c *campaign, _ *mark) {
		for range 5 {
			c.b.proxy.Cut()
			time.Sleep(c.between(0, 200*time.Millisecond))
		}
	}},
	{"answers lost", hasProxy, func(c *campaign, _ *mark) {
		for range 10 {
			c.b.proxy.CutAfter(faultproxy.ToClient, c.random.Int64N(30_000))
			time.Sleep(c.between(0, 200*time.Millisecond))
			c.b.proxy.CutAfter(faultproxy.ToServer, c.random.Int64N(30_000))
			time.Sleep(c.between(0, 200*time.Millisecond))
		}
		c.b.proxy.Heal()
	}},
	{"half-open", hasProxy, func(c *campaign, _ *mark) {
		c.b.proxy.Drop(faultproxy.ToClient)
		time.Sleep(c.between(time.Second, 6*time.Second))
		c.b.proxy.Heal()
	}},
	{"delayed", hasProxy, func(c *campaign, _ *mark) {
		c.b.proxy.Delay(faultproxy.Both, c.between(10*time.Millisecond, 200*time.Millisecond))
		time.Sleep(c.between(time.Second, 4*time.Second))
		c.b.proxy.Heal()
	}},
	{"refused", hasProxy, func(c *campaign, _ *mark) {
		c.b.proxy.Refuse()
		c.b.proxy.Cut()
		time.Sleep(c.between(0, 2*time.Second))
		c.b.proxy.Heal()
	}},
}
