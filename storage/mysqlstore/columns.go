package mysqlstore

import (
	"bytes"
	"database/sql/driver"
	"strconv"
)

// columns are the values of a row.
type columns []driver.Value

func (c columns) int(i int) int64 {
	n, _ := c[i].(int64)
	return n
}

func (c columns) bytes(i int) []byte {
	b, _ := c[i].([]byte)
	return b
}

// numbersOf are numbers with spaces between them.
func numbersOf(text []byte) (all []int64) {
	for word := range bytes.FieldsSeq(text) {
		n, _ := strconv.ParseInt(string(word), 10, 64) // the server wrote it
		all = append(all, n)
	}
	return all
}
