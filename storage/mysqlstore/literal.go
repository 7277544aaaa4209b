package mysqlstore

import (
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/gojobgen/jobgen/storage/internal/sqlcore"
)

// Statements are sent as text, with their arguments in it: one round trip each,
// whatever the connection's parameters are. Text and bytes are written in hexadecimal
// digits, so no character set and no sql_mode has a say in what they mean.

// texts are the statements of a namespace, cut where arguments belong.
type texts struct {
	*sqlcore.Texts
	pieces  [][]string // by the statement's number
	shapes  []shape    // likewise
	mariadb bool
	blocks  bool // the server takes several statements as one
}

func newTexts(prefix string) *texts {
	t := &texts{Texts: sqlcore.NewTexts(sqlcore.MySQL, prefix)}
	table := regexp.MustCompile(prefix + `\w+`)
	for _, s := range sqlcore.Statements() {
		t.pieces = append(t.pieces, strings.Split(t.Of(s), "?"))
		t.shapes = append(t.shapes, t.shapeOf(s, table))
	}
	return t
}

// with is the statement with its arguments.
func (t *texts) with(s *sqlcore.Stmt, args []any) (string, error) {
	pieces := t.pieces[s.Number()]
	args = t.Args(s, args)
	if len(args) != len(pieces)-1 {
		return "", fmt.Errorf("%s: %d arguments for %d places", s.Short(), len(args), len(pieces)-1)
	}
	size := 0
	for _, p := range pieces {
		size += len(p) + 24
	}
	b := make([]byte, 0, size)
	var err error
	for i, arg := range args {
		b = append(b, pieces[i]...)
		if b, err = appendLiteral(b, arg); err != nil {
			return "", s.Fault(err)
		}
	}
	return string(append(b, pieces[len(args)]...)), nil
}

// appendLiteral writes what sqlcore.Native gives.
func appendLiteral(b []byte, arg any) ([]byte, error) {
	switch v := arg.(type) {
	case nil:
		return append(b, "NULL"...), nil
	case int64:
		if v < 0 { // two minus signs begin a comment
			return append(strconv.AppendInt(append(b, '('), v, 10), ')'), nil
		}
		return strconv.AppendInt(b, v, 10), nil
	case []byte:
		return appendHex(b, v), nil
	case string:
		b = append(b, "x'"...)
		for i := range len(v) {
			b = append(b, hexDigits[v[i]>>4], hexDigits[v[i]&15])
		}
		return append(b, '\''), nil
	}
	return nil, fmt.Errorf("no literal for %T", arg)
}

const hexDigits = "0123456789abcdef"

func appendHex(b, v []byte) []byte {
	b = append(b, "x'"...)
	b = hex.AppendEncode(b, v)
	return append(b, '\'')
}
