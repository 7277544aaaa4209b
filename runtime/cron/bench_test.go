package cron_test

import (
	"testing"
	"time"

	"github.com/gojobgen/jobgen/runtime/cron"
)

var benchExprs = []struct{ name, expr string }{
	{"second", "* * * * * *"},
	{"minute", "* * * * *"},
	{"quarter", "*/15 * * * *"},
	{"office", "*/15 9-17 * * 1-5"},
	{"daily", "0 8 * * *"},
	{"weekly", "0 8 * * MON"},
	{"lastday", "0 0 L * *"},
	{"weekday", "0 0 15W * *"},
	{"yearly", "0 0 1 1 *"},
	{"friday13", "0 0 13 * FRI"},
	{"leapday", "0 0 29 2 *"},
	{"never", "0 0 31 2 *"},
}

func BenchmarkNext(b *testing.B) { benchmark(b, (*cron.Schedule).Next) }
func BenchmarkPrev(b *testing.B) { benchmark(b, (*cron.Schedule).Prev) }

func benchmark(b *testing.B, step func(*cron.Schedule, time.Time) (time.Time, bool)) {
	for _, zone := range []string{"UTC", "America/New_York"} {
		loc := mustZone(b, zone)
		from := time.Date(2026, 6, 4, 10, 11, 12, 13, loc)
		for _, bb := range benchExprs {
			b.Run(zone+"/"+bb.name, func(b *testing.B) {
				s := mustParse(b, bb.expr)
				b.ReportAllocs()
				for b.Loop() {
					step(s, from)
				}
			})
		}
	}
}

func BenchmarkParse(b *testing.B) {
	for _, bb := range benchExprs {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				mustParse(b, bb.expr)
			}
		})
	}
}

func BenchmarkDescribe(b *testing.B) {
	s := mustParse(b, "*/15 9-17 * * 1-5")
	b.ReportAllocs()
	for b.Loop() {
		s.Describe()
	}
}
