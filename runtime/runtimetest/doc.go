// Package runtimetest helps to test services that use jobgen. It is for tests only.
//
// Code that enqueues jobs is tested with a [Recorder] in the place of the client:
//
//	rec := runtimetest.NewRecorder()
//	shop := NewShop(email.NewMailerClient(rec))
//	shop.Buy(ctx, 42)
//	runtimetest.RequireEnqueued(t, rec, email.SendReceiptJob(42))
//
// Handlers are tested by calling them: they are methods of the service's own type.
// A whole flow, with retries and continuations, is tested with [Drain] on a
// memstore, which works all its jobs and returns:
//
//	store := memstore.New()
//	email.NewMailerClient(runtime.NewClient(store)).EnqueueSendReceipt(ctx, 42)
//	runtimetest.Drain(t, store, dispatcher)
package runtimetest
