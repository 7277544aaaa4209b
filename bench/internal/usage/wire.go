package usage

import (
	"context"
	"net"
	"sync/atomic"
)

// Wire dials connections whose writes are counted. A client that pipelines writes
// once for many commands, so a write stands for a round trip. The zero Wire is ready.
type Wire struct{ writes atomic.Int64 }

// Dial is a dial function for drivers.
func (w *Wire) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return &conn{c, w}, nil
}

// Writes is how many there were.
func (w *Wire) Writes() int64 { return w.writes.Load() }

type conn struct {
	net.Conn
	wire *Wire
}

func (c *conn) Write(p []byte) (int, error) {
	c.wire.writes.Add(1)
	return c.Conn.Write(p)
}
