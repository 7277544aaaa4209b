package pgstore

import (
	"context"
	"time"

	"github.com/gojobgen/jobgen/storage/internal/sqlcore"
	"github.com/jackc/pgx/v5/pgxpool"
)

// lookLimit is how long a round trip of a reader may take.
const lookLimit = 30 * time.Second

// View opens a moment for readers, on a connection of the caller's pool or of the
// replica's.
func (d *database) View(ctx context.Context) (sqlcore.View, error) {
	c, err := d.readers.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	v := &view{link: link{wire: wire{ctx: ctx, pg: c.Conn().PgConn(), limit: lookLimit}, texts: d.texts}, conn: c}
	begin := utility("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
	at := &request{text: "SELECT " + clock, rows: new(result)}
	if err := v.now(begin, utility(d.settings()), at); err != nil {
		v.Close()
		return nil, err
	}
	row, _, err := at.rows.Next()
	if err != nil {
		v.Close()
		return nil, err
	}
	micros, _ := row[0].(int64)
	v.at = d.at(micros)
	return v, nil
}

// view is one moment of the database.
type view struct {
	link
	conn *pgxpool.Conn
	at   time.Time
}

func (v *view) Now() time.Time { return v.at }

// Close ends the moment. Nothing was written.
func (v *view) Close() {
	v.ctx, v.err, v.queue = nil, nil, nil
	if !v.pg.IsClosed() && v.pg.TxStatus() != 'I' {
		_ = v.now(utility("ROLLBACK")) // else the pool closes the connection, which does the same
	}
	v.conn.Release()
}
