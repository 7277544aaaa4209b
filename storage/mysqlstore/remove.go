package mysqlstore

import "strings"

// remove deletes rows by their whole key, of one to three columns. Each is looked up: with
// lists of values the server may prefer to read the table, and then waits for rows of
// transactions that are open.
func (t *texts) remove(table, on string, keys [][]any) *writing {
	return t.removing(table, on, len(keys), len(keys[0]), func(w *writing, i, k int) { w.vals(keys[i][k]) })
}

// removing is remove of n rows, with a function that writes the k-th column of a key.
func (t *texts) removing(table, on string, n, width int, write func(w *writing, i, k int)) *writing {
	name, _, _ := strings.Cut(table, " ")
	alias := strings.TrimPrefix(table, name+" ")
	w := room(300 + 80*n)
	w.add("DELETE " + alias + " FROM (SELECT ")
	for k := range width {
		if k > 0 {
			w.add(", ")
		}
		write(w, 0, k)
		w.add(" AS " + string("abc"[k]))
	}
	row := "("
	if !t.mariadb {
		row = "ROW("
	}
	for i := 1; i < n; i++ {
		if i == 1 {
			w.add(" UNION ALL VALUES ")
		} else {
			w.add(",")
		}
		w.add(row)
		for k := range width {
			if k > 0 {
				w.add(",")
			}
			write(w, i, k)
		}
		w.add(")")
	}
	return w.add(t.Named(") v STRAIGHT_JOIN " + table + " FORCE INDEX (PRIMARY) ON " + on))
}
