package mysqlstore

import (
	"strconv"

	"github.com/gojobgen/jobgen/storage/internal/sqlcore"
)

// lineSpans is how the conditions of a fetch are written for one of the two tables.
type lineSpans struct {
	table, alias string
	line         string // more that holds for the main line
	back         int64  // how far behind its rank a row may reach
}

var (
	readySpans = lineSpans{"jg_ready", "r", "line = 0", 0}
	packSpans  = lineSpans{"jg_pack", "p", "", sqlcore.PackMax - 1}
)

// of is the condition of one line.
func (s *lineSpans) of(alias string, queue int) string {
	text := alias + ".queue = " + strconv.Itoa(queue)
	if s.line != "" {
		text += " AND " + alias + "." + s.line
	}
	return text
}

// spans is the condition of one queue. The server reads on behind the end of a span until it
// finds a row that is there, so it would walk over all that was taken from the next priority
// and that an old snapshot keeps. So the spans before the one that most jobs come from are
// read up to their last row, which is looked for from their end: mostly there is none.
func (f *plainFetch) spans(queue int, of lineSpans) string {
	usual := int64(f.d.usual.of(queue)) << priorityBits
	rank := of.alias + ".`rank`"
	b := []byte(of.of(of.alias, queue) + " AND (")
	for i, s := range f.r.Spans {
		if s.Queue != queue {
			continue
		}
		if i > 0 && b[len(b)-1] == ')' {
			b = append(b, " OR "...)
		}
		behind, upto := strconv.FormatInt(s.Behind-of.back, 10), strconv.FormatInt(s.Upto, 10)
		b = append(b, "("+rank+" > "+behind...)
		if s.Upto <= usual {
			b = append(b, " AND "+rank+" <= (SELECT MAX(e.`rank`) FROM "+of.table+" e FORCE INDEX (PRIMARY) WHERE "+of.of("e", queue)+
				" AND e.`rank` > "+behind+" AND e.`rank` < "+upto+")"...)
		} else {
			b = append(b, " AND "+rank+" < "+upto...)
		}
		b = append(b, ')')
	}
	return string(append(b, ')'))
}
