package sqlitestore

import (
	"database/sql"
	"testing"
	"crypto/rand"
)

func BenchmarkCal(b *testing.B) {
	db, _ := sql.Open("sqlite", "file:"+b.TempDir()+"/x.db?_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_txlock=immediate")
	db.SetMaxOpenConns(1)
	db.Exec("create table t(id blob primary key, q int, s int, args blob)")
	db.Exec("create index t1 on t(q,s)")
	args := make([]byte, 120)
	for i := 0; i < b.N; i += 100 {
		tx, _ := db.Begin()
		st, _ := tx.Prepare("insert into t values(?,?,?,?)")
		for k := range 100 {
			id := make([]byte, 16)
			rand.Read(id[8:])
			id[0], id[1], id[2] = byte(i>>16), byte(i>>8), byte(i)
			st.Exec(id, 1, i+k, args)
		}
		tx.Commit()
	}
}
