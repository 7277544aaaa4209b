package mysqlstore

import (
	"strconv"
	"strings"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/sqlcore"
)

// Packs of a shelf in the order of their first ids, or of their last ones backwards.
const (
	textPacksUp = "SELECT p.low, p.shape, SUBSTR(p.jobs, 16 * p.taken + 1) FROM jg_pack p FORCE INDEX (jg_pack_low)" +
		" WHERE p.shelf = @shelf AND p.low > @edge AND p.high >= @bound ORDER BY p.low LIMIT @limit"
	textPacksDown = "SELECT p.high, p.shape, SUBSTR(p.jobs, 16 * p.taken + 1) FROM jg_pack p FORCE INDEX (jg_pack_high)" +
		" WHERE p.shelf = @shelf AND p.high < @edge AND p.low < @bound ORDER BY p.high DESC LIMIT @limit"
)

// Packs reads packs of a shelf for a list.
func (l *link) Packs(r sqlcore.PackRange) (packs []sqlcore.Pack, err error) {
	found, err := l.query(l.packsText(&r))
	if err != nil {
		return nil, err
	}
	for {
		row, ok, _ := found.Next()
		if !ok {
			return packs, nil
		}
		c := columns(row)
		packs = append(packs, sqlcore.Pack{Edge: storage.ID(c.bytes(0)), Shape: int(c.int(1)), Jobs: c.bytes(2)})
	}
}

func (l *link) packsText(r *sqlcore.PackRange) string {
	text := textPacksDown
	if r.Oldest {
		text = textPacksUp
	}
	return strings.NewReplacer("@shelf", strconv.Itoa(r.Shelf), "@edge", string(appendHex(nil, r.From())), "@bound", string(appendHex(nil, r.Bound)),
		"@limit", strconv.Itoa(r.Limit)).Replace(l.texts.Named(text))
}
