package report

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/gojobgen/jobgen/bench/internal/scenario"
)

// Table writes the rows as Markdown: one table of ratios for each store, and one of
// what a job costs.
func Table(w io.Writer, rows []Row) error {
	for at := 0; at < len(rows); {
		end := at
		for end < len(rows) && rows[end].Store == rows[at].Store {
			end++
		}
		if err := storeTables(w, rows[at:end]); err != nil {
			return fmt.Errorf("report: %w", err)
		}
		at = end
	}
	return nil
}

func storeTables(w io.Writer, rows []Row) error {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n\n| scenario | unit | jobgen | peer | peer's | ratio | runs |\n| --- | --- | --- | --- | --- | --- | --- |\n", rows[0].Store)
	for _, r := range rows {
		peer, factor := "", ""
		if r.Peer != "" {
			peer, factor = values(r.Theirs), strconv.FormatFloat(r.Ratio, 'f', 1, 64)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %d |\n", r.Scenario, r.Ours.Unit, values(r.Ours), r.Peer, peer, factor, r.Ours.Runs)
	}
	b.WriteString("\nWhat one job costs (of idle: one second; bytes: of a job that waits):\n\n" +
		"| scenario | library | round trips | client CPU us | server CPU us | allocations | bytes | note |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n")
	last := ""
	for _, r := range rows {
		if r.Scenario != last {
			costs(&b, r.Scenario, "jobgen", r.Ours.Sample)
			last = r.Scenario
		}
		if r.Peer != "" {
			costs(&b, r.Scenario, r.Peer, r.Theirs.Sample)
		}
	}
	b.WriteString("\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func costs(b *strings.Builder, name, library string, s scenario.Sample) {
	if s.Cost == (scenario.Cost{}) && s.Note == "" {
		return
	}
	fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s | %s | %s |\n", name, library, short(s.Cost.Writes),
		short(micros(s.Cost.Client)), short(micros(s.Cost.Server)), short(s.Cost.Allocs), short(s.Cost.Bytes), s.Note)
}

func micros(d interface{ Nanoseconds() int64 }) float64 { return float64(d.Nanoseconds()) / 1000 }

// values is a median with its range.
func values(f Figure) string {
	if f.Runs == 1 {
		return short(f.Value)
	}
	return fmt.Sprintf("%s (%s-%s)", short(f.Value), short(f.Min), short(f.Max))
}

// short has three digits, or all of a large number's, in groups.
func short(v float64) string {
	switch {
	case v == 0:
		return ""
	case math.Abs(v) < 1000:
		return strconv.FormatFloat(v, 'g', 3, 64)
	}
	text := strconv.FormatInt(int64(math.Round(v)), 10)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
