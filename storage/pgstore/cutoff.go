package pgstore

import (
	"fmt"
	"time"
)

// The server ends a transaction whose client is silent between two writes. It waits for ever
// for the rest of a write, and for a client that does not read its answer: a process that
// is stopped just then would keep the write lock. Who waited in vain for the lock ends
// that connection.

// cutOffAfter is how long a client may leave the server waiting in the midst of a write or
// an answer.
const cutOffAfter = idleTimeout

// textCutOff ends the connections that hold an advisory lock and wait for their clients.
// Those of other roles are not shown and not ended.
const textCutOff = `SELECT count(pg_terminate_backend(a.pid)) FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
	WHERE l.locktype = 'advisory' AND l.granted AND l.classid::bigint = %d AND l.objid::bigint = %d AND l.objsubid = 1
		AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
		AND a.pid <> pg_backend_pid() AND a.wait_event_type = 'Client' AND a.usename = current_user
		AND a.state_change < clock_timestamp() - %d * interval '1 millisecond'`

// cutOff frees the write lock of a client that is stopped. Where it cannot, the next try to
// take the lock says so.
func (d *database) cutOff(err error) {
	if codeOf(err) != codeLockTimeout {
		return
	}
	w, err := d.acquire(background)
	if err != nil {
		return
	}
	defer w.release()
	text := fmt.Sprintf(textCutOff, uint32(uint64(d.lock)>>32), uint32(uint64(d.lock)), cutOffAfter/time.Millisecond)
	r := utility(text)
	r.rows, r.sync = new(result), true
	_ = w.run([]*request{r}) // see above
}
