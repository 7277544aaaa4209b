package faulttest

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

// TestSoakPoolExhausted takes every connection of the pool away from a busy server, as
// an application does that leaks them, and gives them back: no busy loop meanwhile,
// nothing lost, and full speed soon after.
func TestSoakPoolExhausted(t *testing.T) {
	everyStore(t, func(t *testing.T, b *backend) {
		const size = 8
		store := b.open(t, withPool(b.url, size))
		if b.proxy == nil {
			t.Log("this store has no pool of a caller's")
			return
		}
		var held []io.Closer
		o := &outageTest{t: t, b: b, store: &counting{Store: store.Store}}
		o.run(func() {
			for range size {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				c, err := store.hold(ctx)
				cancel()
				if err != nil {
					break // the store keeps the rest for itself, as it may
				}
				held = append(held, c)
			}
			t.Logf("%d of %d connections taken", len(held), size)
		}, func() {
			for _, c := range held {
				o.must(c.Close())
			}
		})
	})
}

// withPool bounds the pool of a store's URL.
func withPool(url string, size int) string {
	sep := "?"
	if strings.Contains(url, "?") {
		sep = "&"
	}
	return fmt.Sprintf("%s%spool=%d", url, sep, size)
}
