package faultproxy_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/internal/faultproxy"
)

// echo is a server that sends every line back and counts them.
type echo struct {
	net.Listener
	lines atomic.Int64
	got   chan string
}

func newEcho(t *testing.T) *echo {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	e := &echo{Listener: l, got: make(chan string, 100)}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				for r := bufio.NewReader(c); ; {
					line, err := r.ReadString('\n')
					if err != nil {
						return
					}
					e.lines.Add(1)
					e.got <- line
					io.WriteString(c, line)
				}
			}()
		}
	}()
	return e
}

func start(t *testing.T) (*faultproxy.Proxy, *echo) {
	t.Helper()
	e := newEcho(t)
	p, err := faultproxy.New(e.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p, e
}

// client is one connection through the proxy.
type client struct {
	net.Conn
	r *bufio.Reader
}

func dial(t *testing.T, p *faultproxy.Proxy) *client {
	t.Helper()
	c, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &client{c, bufio.NewReader(c)}
}

// say sends a line and waits up to limit for it to come back.
func (c *client) say(line string, limit time.Duration) (string, error) {
	if _, err := io.WriteString(c, line+"\n"); err != nil {
		return "", err
	}
	return c.hear(limit)
}

func (c *client) hear(limit time.Duration) (string, error) {
	c.SetReadDeadline(time.Now().Add(limit))
	got, err := c.r.ReadString('\n')
	return strings.TrimSuffix(got, "\n"), err
}

const (
	enough = 10 * time.Second      // for what must come
	brief  = 50 * time.Millisecond // for what must not come
)

func mustEcho(t *testing.T, c *client) {
	t.Helper()
	if got, err := c.say("hello", enough); got != "hello" || err != nil {
		t.Fatalf("got %q, %v; want hello", got, err)
	}
}

// mustBeReset sees a new connection that the proxy accepts and resets: already while it is
// opened, or when it is used first.
func mustBeReset(t *testing.T, p *faultproxy.Proxy) {
	t.Helper()
	before := p.Accepted()
	n, err := net.Dial("tcp", p.Addr())
	if err == nil {
		defer n.Close()
		var got string
		if got, err = (&client{n, bufio.NewReader(n)}).say("x", enough); err == nil {
			t.Errorf("heard %q on a connection that should be reset", got)
		}
	}
	if !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
		t.Errorf("%v, want a reset", err)
	}
	if n := p.Accepted() - before; n != 1 {
		t.Errorf("%d connections were accepted, want 1", n)
	}
}

func TestPlain(t *testing.T) {
	p, _ := start(t)
	c := dial(t, p)
	mustEcho(t, c)
	long := strings.Repeat("x", 1<<20)
	if got, err := c.say(long, enough); got != long || err != nil {
		t.Fatalf("a megabyte came back as %d bytes, %v", len(got), err)
	}
	if up, down := p.Carried(faultproxy.ToServer), p.Carried(faultproxy.ToClient); up != down || up != 6+1<<20+1 {
		t.Errorf("carried %d up and %d down, want %d", up, down, 6+1<<20+1)
	}
	if p.Accepted() != 1 {
		t.Errorf("accepted %d connections, want 1", p.Accepted())
	}
}

func TestDelayIsLatencyNotRate(t *testing.T) {
	p, _ := start(t)
	c := dial(t, p)
	mustEcho(t, c)
	const by = 200 * time.Millisecond
	p.Delay(faultproxy.ToClient, by)
	begin := time.Now()
	go func() {
		for range 20 {
			io.WriteString(c, "x\n")
			time.Sleep(time.Millisecond) // so that they travel apart
		}
	}()
	for range 20 {
		if _, err := c.hear(enough); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(begin); took < by || took > 10*by {
		t.Errorf("20 lines took %v with a delay of %v", took, by)
	}
}

func TestDropIsHalfOpen(t *testing.T) {
	p, e := start(t)
	c := dial(t, p)
	mustEcho(t, c)
	<-e.got
	p.Drop(faultproxy.ToClient)
	if got, err := c.say("unheard", brief); err == nil {
		t.Errorf("heard %q though answers are dropped", got)
	}
	if got := <-e.got; got != "unheard\n" {
		t.Errorf("the server got %q", got)
	}
	fresh := dial(t, p) // a new connection is half-open as well
	if got, err := fresh.say("again", brief); err == nil {
		t.Errorf("heard %q though answers are dropped", got)
	}
	p.Heal()
	if _, err := c.hear(enough); err == nil || isTimeout(err) {
		t.Errorf("a connection that lost bytes goes on: %v", err)
	}
	mustEcho(t, dial(t, p))
}

func TestCutAfter(t *testing.T) {
	p, e := start(t)
	c := dial(t, p)
	mustEcho(t, c)
	<-e.got
	p.CutAfter(faultproxy.ToServer, 3)
	if got, err := c.say("abcdef", enough); err == nil {
		t.Errorf("heard %q through a cut", got)
	}
	if n := p.Carried(faultproxy.ToServer); n != 6+3 {
		t.Errorf("%d bytes reached the server, want 9", n)
	}
	mustEcho(t, dial(t, p)) // it cuts once
	<-e.got
	p.CutAfter(faultproxy.ToClient, 0)
	other := dial(t, p)
	if got, err := other.say("done", enough); err == nil {
		t.Errorf("heard %q though the answer is lost", got)
	}
	if got := <-e.got; got != "done\n" {
		t.Errorf("the server got %q, want done", got)
	}
}

func TestCutAndRefuse(t *testing.T) {
	p, _ := start(t)
	c := dial(t, p)
	mustEcho(t, c)
	p.Refuse()
	mustEcho(t, c) // old ones stay
	mustBeReset(t, p)
	mustBeReset(t, p) // each of them, until Heal
	p.Cut()
	if _, err := c.hear(enough); err == nil || isTimeout(err) {
		t.Errorf("a cut connection goes on: %v", err)
	}
	p.Heal()
	mustEcho(t, dial(t, p))
}

func isTimeout(err error) bool {
	return errors.Is(err, os.ErrDeadlineExceeded)
}

func TestServerDownAndMoved(t *testing.T) {
	p, e := start(t)
	mustEcho(t, dial(t, p))
	e.Close()
	mustBeReset(t, p)
	p.SetTarget(newEcho(t).Addr().String())
	mustEcho(t, dial(t, p))
}
