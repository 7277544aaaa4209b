package mysqlstore

import (
	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/sqlcore"
)

var _ sqlcore.Finder = (*buffered)(nil)

// The table jg_find holds the indexes of jg_job that few jobs are in.
var (
	sqlAddFind = sqlcore.Text(`INSERT INTO jg_find (shape, shelf, cls, due, expires, server, batch, recurring, occurrence, id)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
	sqlSaveFind = sqlcore.Text(`INSERT INTO jg_find (shape, shelf, cls, due, expires, server, batch, recurring, occurrence, id)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE shape = VALUES(shape), shelf = VALUES(shelf), cls = VALUES(cls),
			due = VALUES(due), expires = VALUES(expires), server = VALUES(server)`)
	sqlFindIn   = sqlcore.Text(`UPDATE jg_find SET cls = ? WHERE id = ?`)
	sqlDropFind = sqlcore.Text(`DELETE FROM jg_find WHERE id = ?`)
)

// AddFind adds the row of a new job.
func (b *buffered) AddFind(f *sqlcore.Found) error {
	_, err := b.Exec(sqlAddFind, findArgs(f)...)
	return err
}

// SaveFind writes the row of a job that may have one.
func (b *buffered) SaveFind(f *sqlcore.Found) error {
	_, err := b.Exec(sqlSaveFind, findArgs(f)...)
	return err
}

func findArgs(f *sqlcore.Found) []any {
	optional := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	var occurrence any
	if !f.Occurrence.IsZero() {
		occurrence = f.Occurrence
	}
	return []any{f.Shape, f.Shelf, f.Class, f.Due, f.Expires, optional(f.Server), f.Batch, optional(f.Recurring), occurrence, f.ID}
}

// FindIn changes the class of a job in its row, if it has one.
func (b *buffered) FindIn(id storage.ID, class int) error {
	_, err := b.Exec(sqlFindIn, class, id)
	return err
}

// DropFind removes rows that are there, and others not.
func (b *buffered) DropFind(ids []storage.ID) error {
	if len(ids) == 1 {
		_, err := b.Exec(sqlDropFind, ids[0])
		return err
	}
	if err := b.settle([]string{b.texts.Named("jg_find")}); err != nil {
		return err
	}
	keys := make([][]any, len(ids))
	for i, id := range ids {
		keys[i] = []any{id}
	}
	return b.write([]*writing{b.texts.remove("jg_find f", "f.id = v.a", keys)})
}
