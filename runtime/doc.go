// Package runtime stores jobs and runs them. Services meet it through the code that
// jobgen writes for their annotated interfaces: typed functions over a [Client] on
// one side, a Register function that fills a [Dispatcher] on the other.
//
// # Enqueue
//
// A [Client] needs a store and nothing else; generated clients wrap it:
//
//	client := runtime.NewClient(store)
//	mail := email.NewMailerClient(client)
//	h, err := mail.EnqueueSendReceipt(ctx, 42)
//	h, err = mail.ScheduleSendReceipt(ctx, runtime.In(72*time.Hour), 42)
//
// When an enqueue returns nil, the job is as durable as the store promises, and runs
// at least once; exactly once where nothing fails, so a handler has to bear a
// repetition. The [Handle] names the job, and [Result] or [Await] read what it
// returned. [Option] values at the end of each call, such as [Queue], [Delay] or
// [Retry], win over the method's annotations. [Client.EnqueueAll] stores jobs of any
// kinds together or not at all. On SQL stores, client.Via(store.Tx(tx)) enqueues
// within the caller's transaction: such a client is passed on with mail.With.
//
// # Continue
//
// A continuation waits for its parents: a handle, or several by [After]. It runs when
// they succeeded, or as [On] says. Where its method names an input, the parent's
// result becomes that argument, and a parent of another type does not compile:
//
//	_, err = mail.ContinueTrack(ctx, h, "vip")
//
// A continuation whose condition is not met is deleted. When the parent is requeued,
// it waits again.
//
// # Recurring jobs
//
// [Client.Recurring] adds or updates a recurring job, or the //job:cron annotation
// declares one that every server of the [ServerOptions.Owner] keeps in the store, and
// that goes when no server declares it any more. Each occurrence is fired once,
// whatever the number of servers; package cron says what expressions mean and what
// happens when clocks change. [Misfire] says what becomes of occurrences that passed
// while no server ran.
//
// # Handlers
//
// A handler is a method of the service's own type. Its context ends with the job's
// timeout, with its cancellation, with the stop of the server and with the loss of
// the job to another one; [context.Cause] tells which: [ErrTimeout], [ErrCancelled],
// [ErrStopping] or [ErrLost]. Through the context a handler finds its [JobContext]:
// id and attempt, a logger whose lines are kept with the job, progress, and a
// checkpoint with which the next run goes on.
//
// # Errors
//
// A run that returns an error is tried again as its [RetryPolicy] says: ten times over
// about four hours by default. Then the job rests in failed, with its error, until
// somebody requeues it. A handler that knows better says so:
//
//	return runtime.NoRetry(err)               // no retry can cure it
//	return runtime.RetryAfter(time.Hour, err) // failed; not before an hour from now
//	return runtime.Snooze(time.Minute)        // not failed; look again later
//
// A panic is a failure with its stack, and so is a call of runtime.Goexit. A fault of
// the store is nobody's failure: outcomes are kept and written when it is back.
//
// # Server
//
// A [Server] takes jobs of its queues, in strict order or by weight, and runs as many
// at once as [ServerOptions.Concurrency] says:
//
//	d := runtime.NewDispatcher()
//	email.RegisterMailer(d, impl)
//	err := runtime.NewServer(store, d, runtime.ServerOptions{Queues: []string{"mail", "default"}}).Run(ctx)
//
// A job whose kind or arguments no running server can read waits for one that can.
// Where jobs take a few milliseconds, a server also holds some ready, at most four for
// each worker; they are not counted as started. A server that dies, freezes or is cut
// off loses its jobs to others within its lease and a little, ten seconds with default
// settings; what it says about them afterwards is refused.
//
// # Stopping
//
// When Run's context ends, the server takes no more jobs and lets the running ones
// finish within [ServerOptions.StopTimeout]. Then their contexts end; those that
// return an error now run elsewhere, uncounted. What still runs after
// [ServerOptions.StopGrace] is released to run elsewhere and named in Run's error.
// [Server.RunUntilIdle] also stops when there is nothing left to do.
//
// # Middleware
//
// [ClientMiddleware] wraps every enqueue and [Middleware] every run. Metadata travels
// with the job from the one to the other, so a trace goes on across them: see the
// example of [UseOnEnqueue].
//
// # Testing
//
// Package runtimetest has a recorder for code that enqueues, and a function that works
// all jobs of a store, to be used with memstore. Client and server take the time from
// the standard library, so they run in a testing/synctest bubble.
package runtime
