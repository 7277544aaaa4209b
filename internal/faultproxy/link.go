package faultproxy

import (
	"net"
	"sync"
	"time"
)

// link is one client's connection and its counterpart to the server.
type link struct {
	client, server net.Conn
	lost           bool // bytes of it were swallowed; guarded by Proxy.mu
	once           sync.Once
	gone           chan struct{}
}

// reset closes both sides at once, without the orderly farewell.
func (l *link) reset() {
	l.once.Do(func() {
		close(l.gone)
		for _, c := range []net.Conn{l.client, l.server} {
			if tcp, ok := c.(*net.TCPConn); ok {
				_ = tcp.SetLinger(0) // the peer may be gone already
			}
			_ = c.Close()
		}
	})
}

// accept takes connections until the proxy is closed.
func (p *Proxy) accept() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		p.count++
		refuse, target := p.refuse || p.closed, p.target
		p.mu.Unlock()
		if refuse {
			(&link{client: c, server: c, gone: make(chan struct{})}).reset()
			continue
		}
		p.loops.Go(func() { p.join(c, target) })
	}
}

// join connects the client with the server and carries bytes until one side ends.
func (p *Proxy) join(client net.Conn, target string) {
	server, err := net.DialTimeout("tcp", target, 5*time.Second)
	if err != nil { // the server is down: so is this connection
		(&link{client: client, server: client, gone: make(chan struct{})}).reset()
		return
	}
	l := &link{client: client, server: server, gone: make(chan struct{})}
	p.mu.Lock()
	if p.closed {
		l.reset()
	}
	p.links[l] = true
	p.mu.Unlock()

	var pumps sync.WaitGroup
	pumps.Go(func() { p.pump(l, 0, client, server) })
	pumps.Go(func() { p.pump(l, 1, server, client) })
	pumps.Wait()
	l.reset()
	p.mu.Lock()
	delete(p.links, l)
	p.mu.Unlock()
}

// chunk is some bytes and when they may go on.
type chunk struct {
	bytes []byte
	due   time.Time
}

// pump carries the bytes of one direction. Reading and writing are apart, so that a
// delay holds every byte back for as long and slows none down further.
func (p *Proxy) pump(l *link, way int, from, to net.Conn) {
	line := make(chan chunk, 1024)
	var writer sync.WaitGroup
	writer.Go(func() { p.deliver(l, way, to, line) })
	for {
		buffer := make([]byte, 16<<10)
		n, err := from.Read(buffer)
		if n > 0 {
			p.mu.Lock()
			due := time.Now().Add(p.rules[way].delay)
			p.mu.Unlock()
			select {
			case line <- chunk{buffer[:n], due}:
			case <-l.gone:
			}
		}
		if err != nil {
			break
		}
	}
	close(line)
	writer.Wait()
	if tcp, ok := to.(*net.TCPConn); ok {
		_ = tcp.CloseWrite() // pass the farewell on; the other direction may still speak
	}
}

// deliver writes chunks when they are due, as the rules of that moment say.
func (p *Proxy) deliver(l *link, way int, to net.Conn, line <-chan chunk) {
	for c := range line {
		if wait := time.Until(c.due); wait > 0 {
			select {
			case <-time.After(wait):
			case <-l.gone:
				return
			}
		}
		pass, cut := p.judge(l, way, len(c.bytes))
		if pass > 0 {
			if _, err := to.Write(c.bytes[:pass]); err != nil {
				l.reset()
				return
			}
		}
		if cut {
			l.reset()
			return
		}
	}
}

// judge says how many of n bytes pass and whether the connection is cut behind them.
func (p *Proxy) judge(l *link, way, n int) (pass int, cut bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := &p.rules[way]
	switch {
	case r.drop:
		l.lost = true
		return 0, false
	case r.cut && r.left < int64(n):
		n, cut = int(r.left), true
		r.cut = false
	case r.cut:
		r.left -= int64(n)
	}
	p.carried[way] += int64(n)
	return n, cut
}
