package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/runtime"
	"github.com/gojobgen/jobgen/runtime/generated"
	"github.com/gojobgen/jobgen/storage"
)

// The pair of the product page: SendReceipt gives a MessageID, Track takes it.
type (
	messageID string
	track     struct {
		ID   messageID `json:"id"`
		Note string    `json:"note"`
	}
	trackRest struct {
		Note string `json:"note"`
	}
)

func TestTypedContinuation(t *testing.T) {
	bubble(t, func(w *world) {
		send := define[number, messageID]("mail.send")
		send.handle(w.dispatcher, func(_ context.Context, a *number) (messageID, error) {
			return messageID(fmt.Sprintf(`message "%d"`, a.N)), nil
		})
		follow := define[track, string]("mail.track", func(s *generated.Spec) { s.Input = "id" })
		follow.handle(w.dispatcher, func(_ context.Context, a *track) (string, error) {
			return fmt.Sprintf("%s: %s", a.ID, a.Note), nil
		})
		h := enqueue(w, send.call(number{42}))
		rest := generated.NewCall[string](follow.spec, &trackRest{"vip"}, nil)
		child, err := generated.ContinueInput(w.ctx, w.client, h, "id", rest)
		w.must(err)
		w.want(child.ID(), storage.Awaiting)
		w.idle()
		got, err := runtime.Result(w.ctx, w.client, child)
		w.must(err)
		if got != `message "42": vip` {
			t.Errorf("got %q", got)
		}
		// Also when the parent is final already.
		late, err := generated.ContinueInput(w.ctx, w.client, h, "id", rest)
		w.must(err)
		w.idle()
		if got, err := runtime.Result(w.ctx, w.client, late); got != `message "42": vip` || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
	})
}

func TestInputOfAParentWithoutResult(t *testing.T) {
	bubble(t, func(w *world) {
		parent := simple(w, "test.parent", func(context.Context) error { return nil })
		child := define[struct {
			ID *int `json:"id"`
		}, bool]("test.child")
		child.handle(w.dispatcher, func(_ context.Context, a *struct {
			ID *int `json:"id"`
		}) (bool, error) {
			return a.ID == nil, nil
		})
		h := enqueue(w, parent.call(empty{}))
		c, err := generated.ContinueInput(w.ctx, w.client, h, "id", generated.NewCall[bool](child.spec, &empty{}, nil))
		w.must(err)
		w.idle()
		if got, err := runtime.Result(w.ctx, w.client, c); !got || err != nil {
			t.Errorf("got %v, %v", got, err)
		}
	})
}

func TestInputThatDoesNotFit(t *testing.T) {
	bubble(t, func(w *world) {
		parent := define[empty, string]("test.parent")
		parent.handle(w.dispatcher, func(context.Context, *empty) (string, error) { return "text", nil })
		child := define[number, none]("test.child")
		child.handle(w.dispatcher, func(context.Context, *number) (none, error) { return none{}, nil })
		h := enqueue(w, parent.call(empty{}))
		c, err := generated.ContinueInput(w.ctx, w.client, h, "n", generated.NewCall[none](child.spec, &empty{}, nil))
		w.must(err)
		w.idle()
		d := w.want(c.ID(), storage.Failed)
		if d.Failure.Message != "test.child: argument n does not decode: json: cannot unmarshal string into Go struct field number.n of type int" {
			t.Errorf("failure %q", d.Failure.Message)
		}
	})
}

func TestConditions(t *testing.T) {
	ends := map[string]error{"succeeds": nil, "fails": runtime.NoRetry(errors.New("boom"))}
	for end, result := range ends {
		t.Run("parent "+end, func(t *testing.T) {
			bubble(t, func(w *world) {
				parent := simple(w, "test.parent", func(context.Context) error { return result })
				child := simple(w, "test.child", func(context.Context) error { return nil })
				h := enqueue(w, parent.call(empty{}))
				want := map[runtime.Condition]bool{runtime.Success: result == nil, runtime.Failure: result != nil, runtime.Any: true, runtime.Deleted: false}
				children := map[runtime.Condition]runtime.Handle[none]{}
				for c := range want {
					ch, err := generated.Continue(w.ctx, w.client, h, child.call(empty{}, runtime.On(c)))
					w.must(err)
					children[c] = ch
				}
				w.idle()
				for c, runs := range want {
					state := storage.Deleted
					if runs {
						state = storage.Succeeded
					}
					if d := w.get(children[c].ID()); d.State != state {
						t.Errorf("on %v: %v (%s), want %v", c, d.State, d.Reason, state)
					}
				}
			})
		})
	}
}

func TestContinuationOfSeveral(t *testing.T) {
	bubble(t, func(w *world) {
		ran := 0
		part := simple(w, "test.part", func(context.Context) error { ran++; return nil })
		all := simple(w, "test.all", func(context.Context) error {
			if ran != 2 {
				t.Errorf("ran after %d parts", ran)
			}
			return nil
		})
		a := enqueue(w, part.call(empty{}))
		b := enqueue(w, part.call(empty{}, runtime.Delay(time.Hour)))
		c, err := generated.Continue(w.ctx, w.client, runtime.After(a, b), all.call(empty{}, runtime.Delay(time.Minute)))
		w.must(err)
		w.serve()
		w.pass(time.Hour + 10*time.Second)
		w.want(c.ID(), storage.Scheduled) // a minute after its release
		w.pass(time.Minute)
		w.want(c.ID(), storage.Succeeded)
	})
}

func TestRequeueBringsBackWhatWasSkipped(t *testing.T) {
	bubble(t, func(w *world) {
		fail := true
		parent := simple(w, "test.parent", func(context.Context) error {
			if fail {
				return runtime.NoRetry(errors.New("boom"))
			}
			return nil
		})
		child := simple(w, "test.child", func(context.Context) error { return nil })
		h := enqueue(w, parent.call(empty{}))
		c, err := generated.Continue(w.ctx, w.client, h, child.call(empty{}))
		w.must(err)
		w.idle()
		w.want(c.ID(), storage.Deleted)
		fail = false
		_, err = w.client.Requeue(w.ctx, h.ID())
		w.must(err)
		w.idle()
		w.want(h.ID(), storage.Succeeded)
		w.want(c.ID(), storage.Succeeded)
	})
}
