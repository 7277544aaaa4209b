package mysqlstore

import (
	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/sqlcore"
)

var _ sqlcore.Finder = (*buffered)(nil)

// The tables jg_find and jg_kin hold the indexes of jg_job that few jobs are in: most of
// those are in one of the two only.
var (
	sqlAddFind  = sqlcore.Text(`INSERT INTO jg_find (shape, shelf, cls, due, expires, server, id) VALUES (?, ?, ?, ?, ?, ?, ?)`)
	sqlSaveFind = sqlcore.Text(`INSERT INTO jg_find (shape, shelf, cls, due, expires, server, id) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON DUPLICATE KEY UPDATE shape = VALUES(shape), shelf = VALUES(shelf), cls = VALUES(cls), due = VALUES(due),
			expires = VALUES(expires), server = VALUES(server)`)
	sqlFindIn   = sqlcore.Text(`UPDATE jg_find SET cls = ? WHERE id = ?`)
	sqlDropFind = sqlcore.Text(`DELETE FROM jg_find WHERE id = ?`)

	sqlAddKin  = sqlcore.Text(`INSERT INTO jg_kin (shape, shelf, cls, server, batch, recurring, occurrence, id) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`)
	sqlSaveKin = sqlcore.Text(`INSERT INTO jg_kin (shape, shelf, cls, server, batch, recurring, occurrence, id) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON DUPLICATE KEY UPDATE shape = VALUES(shape), shelf = VALUES(shelf), cls = VALUES(cls), server = VALUES(server)`)
	sqlKinIn   = sqlcore.Text(`UPDATE jg_kin SET cls = ? WHERE id = ?`)
	sqlDropKin = sqlcore.Text(`DELETE FROM jg_kin WHERE id = ?`)
)

// AddFind adds the rows of a new job.
func (b *buffered) AddFind(f *sqlcore.Found) error {
	if f.Timed() {
		if _, err := b.Exec(sqlAddFind, findArgs(f)...); err != nil {
			return err
		}
	}
	if !f.Kin() {
		return nil
	}
	_, err := b.Exec(sqlAddKin, kinArgs(f)...)
	return err
}

// SaveFind writes the rows of a job that may have some.
func (b *buffered) SaveFind(f *sqlcore.Found) error {
	if err := b.saveOr(f.Timed(), sqlSaveFind, findArgs(f), sqlDropFind, f.ID); err != nil {
		return err
	}
	return b.saveOr(f.Kin(), sqlSaveKin, kinArgs(f), sqlDropKin, f.ID)
}

func (b *buffered) saveOr(there bool, save *sqlcore.Stmt, args []any, drop *sqlcore.Stmt, id storage.ID) error {
	if !there {
		save, args = drop, []any{id}
	}
	_, err := b.Exec(save, args...)
	return err
}

// orNull is a text as it is stored: null when empty.
func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func findArgs(f *sqlcore.Found) []any {
	return []any{f.Shape, f.Shelf, f.Class, f.Due, f.Expires, orNull(f.Server), f.ID}
}

func kinArgs(f *sqlcore.Found) []any {
	var occurrence any
	if !f.Occurrence.IsZero() {
		occurrence = f.Occurrence
	}
	return []any{f.Shape, f.Shelf, f.Class, orNull(f.Server), f.Batch, orNull(f.Recurring), occurrence, f.ID}
}

// FindIn changes the class of a job in the rows that it has.
func (b *buffered) FindIn(id storage.ID, class int) error {
	for _, s := range []*sqlcore.Stmt{sqlFindIn, sqlKinIn} {
		if _, err := b.Exec(s, class, id); err != nil {
			return err
		}
	}
	return nil
}

// DropFind removes rows that are there, and others not.
func (b *buffered) DropFind(ids []storage.ID) error {
	if err := b.dropRows(sqlDropFind, "jg_find", ids); err != nil {
		return err
	}
	return b.dropRows(sqlDropKin, "jg_kin", ids)
}

func (b *buffered) dropRows(one *sqlcore.Stmt, table string, ids []storage.ID) error {
	if len(ids) == 1 {
		_, err := b.Exec(one, ids[0])
		return err
	}
	if err := b.settle([]string{table}); err != nil {
		return err
	}
	return b.write([]*writing{b.texts.removing(table+" f", "f.id = v.a", len(ids), 1, func(w *writing, i, _ int) { w.b = appendHex(w.b, ids[i][:]) })})
}
