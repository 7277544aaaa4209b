// Package storage is the contract between the engine and the stores that keep its
// jobs. It imports the standard library only; package storagetest is its
// specification in running form, and memstore the reference implementation.
//
// # Life of a job
//
//	            schedule                promote                fetch
//	(create) ----------> scheduled ---------------> enqueued --------> processing --+--> succeeded
//	    |                    ^                         ^                   |         +--> failed
//	    |  continue          |  retry, snooze          |  release          |         +--> deleted
//	    +----------> awaiting|-------------------------+                   |
//	                         +---------------------------------------------+
//	also: scheduled, enqueued, awaiting -> deleted; any final state -> enqueued (requeue)
//
// # What a store promises
//
//   - Durable: what Insert and Settle acknowledged survives the end of every process of ours
//     (see Info.Durable).
//   - Fenced: every write about a run carries a [Token]. A token dies with the settling of its
//     run, with the reclaim of its session, and with the session's close. A job never has two
//     recorded outcomes for one run. Only a store that loses what it acknowledged can hand out a
//     token twice; a session that is given a token it holds goes on with that run.
//   - Atomic: one [Group] appears whole or not at all. One outcome happens with what it releases
//     (children, batch counters, keys, statistics, history), up to [MaxRelease] jobs in the step
//     itself and the rest, noted in that step, in bounded steps of Tick. Where jobs are spread over
//     lanes, a group may be prepared before it is stored: only the record in its own lane decides,
//     and Tick completes or drops what its caller left.
//   - Idempotent: Insert by id, Fetch by call number, Settle by token, Report by number, Fire by
//     expected next and occurrence. So a caller that lost an answer makes the same call again.
//   - Unhindered: no call but a group's own waits for a lock that a caller's transaction can hold;
//     Fire fails and Control skips instead. SQLite is the exception: it has one writer, and a
//     transaction left open, or a process stopped inside one, holds up all.
//
// # Time
//
// The store's clock rules leases and due times. Offsets travel as offsets ([When]). Times are
// cut to milliseconds and given in UTC. The clock of memory and SQLite stores is Go's, so they
// run in a testing/synctest bubble.
//
// # Continuations
//
// A child is awaiting until each parent is final. An edge joins it to one parent and keeps how
// that parent ended: state and run. Only the parent's end sets it, once per run and only by a
// higher run, also while the child is skipped. An edge whose condition was met stays so, whatever
// a requeued parent does later. A child is released when every edge is met, never by a count of
// ends: it becomes enqueued, or scheduled when it has a Due, counted from then. Input is copied
// when the edge of InputFrom is met.
//
// As soon as an edge is judged and not met, the child is deleted with the reason "skipped by run
// N of <parent>". That is an end like any other: the child's own children are judged too. It is
// kept as long as that parent. Requeueing the parent makes it, and what was skipped below it,
// awaiting again, and each is judged anew at once from its edges. One that another parent or a
// cancelled batch would delete again, or whose unique key is taken, stays deleted. A child that is
// requeued itself is skipped while an edge of it is judged and not met.
//
// # What broke the first version
//
// The contract was attacked on paper before it was built on. These histories broke it, and what
// they changed:
//
//   - A child of two parents was released by a parent that ended, was requeued and ended again,
//     while the other ran. Edges keep their ends; nothing counts.
//   - A cancelled run that failed into a retry, or whose session died, ran again. A pending request
//     turns every end that would make the job wait into deleted.
//   - One result that the store could not keep failed a settle of two hundred for ever. Verdict
//     Unstorable, cleaned text, MaxGroupBytes.
//   - A late copy of a fetch took jobs that no server knew of. Call numbers below the last take
//     nothing; a repeated call gives the same jobs and no more.
//   - A batch that cancelled jobs kept adding to never ended. A batch is marked cancelled first.
//   - A batch larger than one group fired its callback after the first group. Open batches and Seal.
//   - A group whose answer was lost was repeated when a unique key in it had become free: a half of
//     it appeared twice. Idempotence is the group's, ids before keys, within RepeatWindow.
//   - A continuation of a duplicate in its own group waited for a job that was never stored. It
//     means the holder.
//   - A key reserved before its job was stored was taken as an orphan while the client was frozen.
//     The group is prepared first, keys second, and its own lane decides.
//   - A parent with a million children stopped the store for longer than a lease. MaxRelease.
//   - A parent was swept while a child in an open transaction, or a slow second parent, needed it.
//     No sweep below awaiting jobs; input is copied at the parent's end; a gone parent is judged.
//   - The first Tick after a service was down removed its recurring jobs, pauses included. A living
//     session of the owner has to have been silent about them.
//   - A declaration with a changed payload moved a due occurrence to the next day. Next is kept
//     unless Cron or Zone change, and while it is due.
//   - A requeued job and the new holder of its unique key ran both. Requeue takes the key or skips.
//   - A key free "at the start" covered a change made after a job fetched ahead had started. It is
//     free before any fetch gives the job.
//   - A job that kills its process was always fetched ahead and never counted. Not ahead again.
//   - A slot of a limit was freed by the late end of a dead run. Slots belong to runs.
//   - A fetch looked at its bounded number of jobs, found none to give, and the server slept over
//     the work behind them. FetchResult.More, and every line is reached.
//   - An outcome repeated after the job was fetched again was refused. The last settled fetch is
//     remembered, older ones by their history.
//   - After a stall of the store just below the lease, the first to Tick declared all others dead.
//     Contact breaks at half a lease, and counts anew.
//   - A hundred recurring jobs that nobody could fire hid all others. DueAfter.
//   - A requeued job was deleted at once because its expiry had passed, or resumed at the checkpoint
//     of its success. Requeue starts both anew.
//   - A late copy of a report moved a checkpoint back. Reports are numbered.
package storage
