package faultproxy

import (
	"fmt"
	"net"
	"sync"
	"time"
)

// Direction says which bytes a fault meets; directions are or-ed.
type Direction uint8

// The directions.
const (
	ToServer Direction = 1 << iota
	ToClient
	Both = ToServer | ToClient
)

// Proxy forwards connections to one server. Its methods are safe for concurrent use.
type Proxy struct {
	listener net.Listener
	loops    sync.WaitGroup

	mu      sync.Mutex
	target  string
	rules   [2]rule // to the server, to the client
	refuse  bool
	closed  bool
	links   map[*link]bool
	count   int      // connections accepted
	carried [2]int64 // bytes passed on
}

// rule is what happens to the bytes of one direction.
type rule struct {
	delay time.Duration
	drop  bool
	cut   bool  // once left bytes have passed
	left  int64 // with cut
}

// New starts a proxy on a free loopback port before the server at target, host:port.
func New(target string) (*Proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("faultproxy: %w", err)
	}
	p := &Proxy{listener: l, target: target, links: make(map[*link]bool)}
	p.loops.Go(p.accept)
	return p, nil
}

// Addr is where clients connect to, host:port.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Close ends the proxy and every connection through it.
func (p *Proxy) Close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	_ = p.listener.Close()
	p.Cut()
	p.loops.Wait()
}

// Delay holds the bytes of d back for that long; the rate stays. Zero ends it.
func (p *Proxy) Delay(d Direction, by time.Duration) { p.change(d, func(r *rule) { r.delay = by }) }

// Drop swallows the bytes of d from now on, on old and new connections: both sides
// keep a connection on which nothing arrives.
func (p *Proxy) Drop(d Direction) { p.change(d, func(r *rule) { r.drop = true }) }

// CutAfter lets n further bytes of d pass, counted over all connections, and resets
// the connection that brings the next one, once. With n 0 and ToClient a server does
// what it is asked and its answer is lost.
func (p *Proxy) CutAfter(d Direction, n int64) {
	p.change(d, func(r *rule) { r.cut, r.left = true, n })
}

// Refuse resets new connections at once, until Heal. Old ones stay. They are accepted
// first, and counted: whether a client learns of the reset from connecting or from its
// first use of the connection is up to the kernel.
func (p *Proxy) Refuse() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refuse = true
}

// Cut resets all connections now; new ones are welcome unless Refuse says otherwise.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		l.reset()
	}
}

// Heal ends all faults. Connections that lost bytes are reset, since what follows
// would make no sense.
func (p *Proxy) Heal() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rules, p.refuse = [2]rule{}, false
	for l := range p.links {
		if l.lost {
			l.reset()
		}
	}
}

// SetTarget sends new connections to another server.
func (p *Proxy) SetTarget(target string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.target = target
}

// Accepted counts the connections that clients have opened, refused ones too.
func (p *Proxy) Accepted() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.count
}

// Carried counts the bytes passed on in a direction; Both is their sum.
func (p *Proxy) Carried(d Direction) (n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.carried {
		if d&(1<<i) != 0 {
			n += p.carried[i]
		}
	}
	return n
}

func (p *Proxy) change(d Direction, change func(*rule)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.rules {
		if d&(1<<i) != 0 {
			change(&p.rules[i])
		}
	}
}
