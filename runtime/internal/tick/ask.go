package tick

import (
	"context"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// most is how many calls ask for one tick at most.
const most = 4

type answer struct {
	result storage.TickResult
	sent   time.Time
	err    error
}

// ask makes one tick. After one that failed, a call that is not answered soon gets
// others beside it: those sent during an outage may hang for long after its end.
func (l *Loop) ask(ctx context.Context, failed bool) answer {
	ctx, cancel := context.WithTimeout(ctx, l.Lease/2)
	defer cancel()
	l.soon.reset()
	request := storage.TickRequest{Session: l.Session, DueAfter: l.after}
	if !failed {
		return l.send(ctx, request)
	}
	answers := make(chan answer, most)
	beat := time.NewTicker(l.Lease / 2 / most)
	defer beat.Stop()
	for sent := 0; ; {
		if sent < most {
			sent++
			go func() { answers <- l.send(ctx, request) }()
		}
		select {
		case <-beat.C:
		case a := <-answers:
			return a
		}
	}
}

func (l *Loop) send(ctx context.Context, r storage.TickRequest) answer {
	a := answer{sent: time.Now()}
	a.result, a.err = l.Store.Tick(ctx, r)
	return a
}
