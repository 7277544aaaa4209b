package redisstore_test

import (
	"context"
	"net"
	"slices"
	"testing"

	"github.com/gojobgen/jobgen/storage"
	"github.com/redis/go-redis/v9"
)

// touches change a job that runs, by others than its session.
var touches = map[string]func(*testing.T, *parked, storage.ID){
	"continuation": func(t *testing.T, p *parked, id storage.ID) {
		n := storage.NewJob{ID: storage.NewIDIn(1), Kind: "k", Queue: "q", Parents: []storage.ID{id}, On: storage.OnSuccess}
		mustInsert(t, p.client, storage.Group{Jobs: []storage.NewJob{n}})
	},
	"cancel": func(t *testing.T, p *parked, id storage.ID) {
		if _, err := p.client.Control(t.Context(), storage.Control{Action: storage.Cancel, IDs: []storage.ID{id}}); err != nil {
			t.Fatal(err)
		}
	},
}

// before runs something before the next command is sent.
type before struct{ f func() }

func (b *before) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) { return next(ctx, network, addr) }
}

func (b *before) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if f := b.f; f != nil {
			b.f = nil
			f()
		}
		return next(ctx, cmd)
	}
}

func (b *before) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

// A session hears of each of its jobs by the call that gave it, whatever others did to the job
// before it heard: else the job would run nowhere for as long as the session lives.
func TestHeardAfterTouch(t *testing.T) {
	for name, story := range map[string]func(*testing.T, func(*testing.T, *parked, storage.ID)) (p *parked, got, want []storage.ID){
		"answer of a parked call lost": func(t *testing.T, touch func(*testing.T, *parked, storage.ID)) (*parked, []storage.ID, []storage.ID) {
			p := newParked(t)
			p.server.Deafen(t)
			ids := p.insert(t, 1)
			touch(t, p, ids[0])
			return p, idsOf(p.fetch(t, 10)), ids
		},
		"reply of a fetch lost": func(t *testing.T, touch func(*testing.T, *parked, storage.ID)) (*parked, []storage.ID, []storage.ID) {
			p := newParked(t)
			p.fetch(t, 0) // parks no call
			ids := p.insert(t, 1)
			p.want(t, p.fetch(t, 1), ids)
			touch(t, p, ids[0])
			p.call--
			return p, idsOf(p.fetch(t, 1)), ids
		},
		"reply before a parked call lost": func(t *testing.T, touch func(*testing.T, *parked, storage.ID)) (*parked, []storage.ID, []storage.ID) {
			p := newParked(t)
			p.server.Deafen(t)
			ids := p.put(t, storage.NewJob{Priority: 1}, storage.NewJob{Priority: 2}) // not handed over
			p.fetch(t, 10)
			handed := p.insert(t, 1)
			touch(t, p, handed[0])
			p.call--
			got := idsOf(p.fetch(t, 10))
			return p, append(got, idsOf(p.fetch(t, 10))...), append(ids, handed...)
		},
		"answered while it is sent": func(t *testing.T, touch func(*testing.T, *parked, storage.ID)) (*parked, []storage.ID, []storage.ID) {
			rdb, hook := dial(t), &before{}
			rdb.AddHook(hook)
			p := newParkedOn(t, rdb, dial(t))
			var ids []storage.ID
			hook.f = func() {
				ids = p.insert(t, 1)
				touch(t, p, ids[0])
			}
			got := idsOf(p.fetch(t, 10))
			return p, append(got, idsOf(p.fetch(t, 10))...), ids
		},
	} {
		for how, touch := range touches {
			t.Run(name+"/"+how, func(t *testing.T) {
				p, got, want := story(t, touch)
				if !slices.Equal(got, want) {
					t.Fatalf("the session hears of %v, want %v", got, want)
				}
				p.fetch(t, 0)
				p.fetch(t, 0)
				if err := p.client.CloseSession(t.Context(), p.session); err != nil {
					t.Fatal(err)
				}
				if left, err := p.server.Gave(t.Context()); err != nil || len(left) > 0 {
					t.Errorf("left of calls: %q, %v", left, err)
				}
			})
		}
	}
}

// Of calls whose jobs all ended by the full script, little is kept between two ticks.
func TestHeardIsLittle(t *testing.T) {
	p := newParked(t)
	p.fetch(t, 0)
	for range 50 {
		p.put(t, storage.NewJob{})
		jobs := p.fetch(t, 1)
		o := storage.Outcome{Token: jobs[0].Token, Kind: storage.Fail, Failure: &storage.Failure{Message: "broken"}}
		if v, err := p.s.Settle(t.Context(), storage.SettleRequest{Session: p.session, Outcomes: []storage.Outcome{o}}); err != nil || v[0] != storage.Accepted {
			t.Fatal(v, err)
		}
	}
	if left, err := p.server.Gave(t.Context()); err != nil || len(left) > 5 {
		t.Errorf("%d fields are left of 50 calls, %v", len(left), err)
	}
}

// What was kept of a call for its repetition goes when the session is two calls further.
func TestHeardIsForgotten(t *testing.T) {
	p := newParked(t)
	ids := p.insert(t, 1)
	touches["cancel"](t, p, ids[0])
	p.want(t, p.fetch(t, 10), ids)
	kept := func() int {
		if _, err := p.s.Tick(t.Context(), storage.TickRequest{Session: p.session}); err != nil {
			t.Fatal(err)
		}
		left, err := p.server.Gave(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return len(left)
	}
	if kept() == 0 {
		t.Error("the last call may be made again")
	}
	p.fetch(t, 0)
	p.fetch(t, 0)
	if n := kept(); n > 0 {
		t.Errorf("%d fields are left of a call that is not made again", n)
	}
}
