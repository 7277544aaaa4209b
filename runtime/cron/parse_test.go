package cron_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/runtime/cron"
)

func TestString(t *testing.T) {
	tests := []struct{ expr, want string }{
		{"* * * * *", "* * * * *"},
		{"  0\t8  * *   mon-fri ", "0 8 * * MON-FRI"},
		{"0 0 l-3w Jan ?", "0 0 L-3W JAN ?"},
		{"5 0 8 * * 1", "5 0 8 * * 1"},
		{" @Daily ", "@daily"},
	}
	for _, tt := range tests {
		if got := mustParse(t, tt.expr).String(); got != tt.want {
			t.Errorf("%q: String() = %q, want %q", tt.expr, got, tt.want)
		}
	}
}

// Pairs of expressions that mean the same.
func TestSameMeaning(t *testing.T) {
	tests := []struct{ a, b string }{
		{"* * * * *", "? ? ? ? ?"},
		{"* * * * *", "0 * * * * *"},
		{"*/20 * * * *", "0,20,40 * * * *"},
		{"*/24 * * * *", "0,24,48 * * * *"},
		{"?/30 * * * *", "0/30 * * * *"},
		{"50/4 * * * *", "50,54,58 * * * *"},
		{"3,5-11/3,12 * * * *", "3,5,8,11,12 * * * *"},
		{"30-30 5 * * *", "30 5 * * *"},
		{"09 08 07 06 05", "9 8 7 6 5"},
		{"0 23-1 * * *", "0 23,0,1 * * *"},
		{"0 20-5/4 * * *", "0 20,0,4 * * *"},
		{"0 45-44 * * * *", "0 * * * * *"},
		{"0 0 25-5 * *", "0 0 25-31,1-5 * *"},
		{"0 0 * DEC-FEB *", "0 0 * 12,1,2 *"},
		{"0 0 * jan,JUN-aug *", "0 0 * 1,6,7,8 *"},
		{"0 0 * * SUN", "0 0 * * 0"},
		{"0 0 * * 7", "0 0 * * 0"},
		{"0 0 * * 0-7", "0 0 * * *"},
		{"0 0 * * 5-7", "0 0 * * FRI,SAT,SUN"},
		{"0 0 * * FRI-MON", "0 0 * * 5,6,0,1"},
		{"0 0 * * MON-SUN", "0 0 * * *"},
		{"0 0 * * 7-2", "0 0 * * 0-2"},
		{"0 0 * * 1/2", "0 0 * * 1,3,5,7"},
		{"0 0 * * FRIL", "0 0 * * 5L"},
		{"0 0 * * monl", "0 0 * * 1L"},
		{"0 0 * * 0L", "0 0 * * 7L"},
		{"0 0 * * SUN#3", "0 0 * * 7#3"},
		{"0 0 L-0 * *", "0 0 L * *"},
		{"0 0 l-0w * *", "0 0 LW * *"},
		{"@every_second", "* * * * * *"},
		{"@every_minute", "* * * * *"},
		{"@hourly", "0 * * * *"},
		{"@daily", "0 0 * * *"},
		{"@midnight", "@daily"},
		{"@weekly", "0 0 * * 0"},
		{"@monthly", "0 0 1 * *"},
		{"@yearly", "0 0 1 1 *"},
		{"@annually", "@yearly"},
	}
	for _, tt := range tests {
		a, b := mustParse(t, tt.a), mustParse(t, tt.b)
		v := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		for range 100 {
			next, _ := a.Next(v)
			if other, _ := b.Next(v); !next.Equal(other) {
				t.Errorf("after %s: %q fires at %s, %q at %s", v, tt.a, next, tt.b, other)
				break
			}
			v = next
		}
		if a.Describe() != b.Describe() {
			t.Errorf("%q is %q, %q is %q", tt.a, a.Describe(), tt.b, b.Describe())
		}
	}
}

func TestParseErrors(t *testing.T) {
	const write = "write 5 fields (minute, hour, day of month, month, day of week), or 6 with second first"
	tests := []struct{ expr, want string }{
		{"", `cron "": column 1: the expression is empty; ` + write + `, or a macro such as @daily`},
		{" \t ", `cron " \t ": column 1: the expression is empty; ` + write + `, or a macro such as @daily`},
		{"0 8 * *", `cron "0 8 * *": column 8: found 4 of 5 fields; ` + write},
		{"hello", `cron "hello": column 6: found 1 of 5 fields; ` + write},
		{"0 0 8 * * * 2026", `cron "0 0 8 * * * 2026": column 13: a 7th field is one too many, there is no year; ` + write},
		{"TZ=UTC 0 8 * * *", `cron "TZ=UTC 0 8 * * *": column 1: a time zone is not part of the expression; give it separately`},
		{"@dayly", `cron "@dayly": column 1: unknown macro; the macros are @every_second, @every_minute, @hourly, @daily, @midnight, @weekly, @monthly, @yearly and @annually`},
		{"@every 5m", `cron "@every 5m": column 1: @every takes a duration, which cron has not; write a step such as */5 * * * *`},
		{"@daily MON", `cron "@daily MON": column 8: nothing may follow a macro; remove the rest`},

		// Ranges of values.
		{"0 25 * * *", `cron "0 25 * * *": hour, column 3: 25 is out of range 0-23`},
		{"60 * * * *", `cron "60 * * * *": minute, column 1: 60 is out of range 0-59`},
		{"60 * * * * *", `cron "60 * * * * *": second, column 1: 60 is out of range 0-59`},
		{"* * 0 * *", `cron "* * 0 * *": day of month, column 5: 0 is out of range 1-31`},
		{"* * 10-32 * *", `cron "* * 10-32 * *": day of month, column 8: 32 is out of range 1-31`},
		{"* * * 13 *", `cron "* * * 13 *": month, column 7: 13 is out of range 1-12`},
		{"* * * * 8", `cron "* * * * 8": day of week, column 9: 8 is out of range 0-7`},
		{"001 * * * *", `cron "001 * * * *": minute, column 1: 001 is out of range 0-59`},
		{"1/2147483648 * * * *", `cron "1/2147483648 * * * *": minute, column 3: step 2147483648 is out of range 1-59`},
		{"0-99999999999999999999 * * * *", `cron "0-99999999999999999999 * * * *": minute, column 3: 999999999999... is out of range 0-59`},
		{"*/0 * * * *", `cron "*/0 * * * *": minute, column 3: step 0 is out of range 1-59`},
		{"* */24 * * *", `cron "* */24 * * *": hour, column 5: step 24 is out of range 1-23`},
		{"* * L-31 * *", `cron "* * L-31 * *": day of month, column 7: offset 31 is out of range 0-30`},
		{"* * * * MON#6", `cron "* * * * MON#6": day of week, column 13: week 6 is out of range 1-5`},
		{"* * * * 8L", `cron "* * * * 8L": day of week, column 9: 8 is out of range 0-7`},

		// Something is missing or odd.
		{"5- * * * *", `cron "5- * * * *": minute, column 3: a value is missing; write a number from 0 to 59`},
		{"5, * * * *", `cron "5, * * * *": minute, column 3: a value is missing; write a number from 0 to 59`},
		{"*/ * * * *", `cron "*/ * * * *": minute, column 3: a value is missing; write a number from 1 to 59`},
		{"* * * * 1,", `cron "* * * * 1,": day of week, column 11: a value is missing; write a number from 0 to 7`},
		{"* * * * MON#", `cron "* * * * MON#": day of week, column 13: a value is missing; write a number from 1 to 5`},
		{"* * L- * *", `cron "* * L- * *": day of month, column 7: a value is missing; write a number from 0 to 30`},
		{"-1 * * * *", `cron "-1 * * * *": minute, column 1: "-" cannot stand here; write a number from 0 to 59`},
		{",1 * * * *", `cron ",1 * * * *": minute, column 1: "," cannot stand here; write a number from 0 to 59`},
		{"/5 * * * *", `cron "/5 * * * *": minute, column 1: "/" cannot stand here; write a number from 0 to 59`},
		{"1/k * * * *", `cron "1/k * * * *": minute, column 3: "k" cannot stand here; write a number from 1 to 59`},
		{"k * * * *", `cron "k * * * *": minute, column 1: "K" cannot stand here; write a number from 0 to 59`},
		{"1k * * * *", `cron "1k * * * *": minute, column 2: "k" cannot stand here; remove it`},
		{"1-2-3 * * * *", `cron "1-2-3 * * * *": minute, column 4: "-" cannot stand here; remove it`},
		{"** * * * *", `cron "** * * * *": minute, column 2: "*" cannot stand here; remove it`},
		{"*\n* * * * *", `cron "*\n* * * * *": minute, column 2: "\n" cannot stand here; remove it`},
		{"0 8é * * *", `cron "0 8é * * *": hour, column 4: "é" cannot stand here; remove it`},
		{"0 8\xff * * *", `cron "0 8\xff * * *": hour, column 4: "\xff" cannot stand here; remove it`},
		{"*,5 * * * *", `cron "*,5 * * * *": minute, column 2: "," cannot follow *; a list has only values and ranges`},
		{"5,* * * * *", `cron "5,* * * * *": minute, column 3: "*" cannot stand here; write a number from 0 to 59`},

		// Names.
		{"* * * * MONDAY", `cron "* * * * MONDAY": day of week, column 9: "MONDAY" is not a name; write MON`},
		{"* * * January *", `cron "* * * January *": month, column 7: "JANUARY" is not a name; write JAN`},
		{"* * * JANL *", `cron "* * * JANL *": month, column 7: "JANL" is not a name; write JAN`},
		{"* * * * MO", `cron "* * * * MO": day of week, column 9: "MO" is not a name; write one of SUN MON TUE WED THU FRI SAT`},
		{"* * * MON *", `cron "* * * MON *": month, column 7: "MON" is not a name; write one of JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC`},
		{"* * MON * *", `cron "* * MON * *": day of month, column 5: "MON" cannot stand here; write a number from 1 to 31`},

		// L, W and #.
		{"L * * * *", `cron "L * * * *": minute, column 1: "L" cannot stand here; write a number from 0 to 59`},
		{"* 5L * * *", `cron "* 5L * * *": hour, column 4: "L" cannot stand here; remove it`},
		{"* * * * L", `cron "* * * * L": day of week, column 9: L needs a day before it; write FRIL or 5L`},
		{"* * * * MON,FRIL", `cron "* * * * MON,FRIL": day of week, column 16: L follows a single day; write FRIL or 5L`},
		{"* * * * FRIL,MON", `cron "* * * * FRIL,MON": day of week, column 13: "," cannot follow FRIL; a list has only values and ranges`},
		{"* * * * MON#2,3", `cron "* * * * MON#2,3": day of week, column 14: "," cannot follow MON#2; a list has only values and ranges`},
		{"* * * * *#2", `cron "* * * * *#2": day of week, column 10: # follows a single day; write MON#2`},
		{"* * 5#2 * *", `cron "* * 5#2 * *": day of month, column 6: "#" cannot stand here; remove it`},
		{"* * W * *", `cron "* * W * *": day of month, column 5: W follows a single day or L; write 15W or LW`},
		{"* * *W * *", `cron "* * *W * *": day of month, column 6: W follows a single day or L; write 15W or LW`},
		{"* * 1-5W * *", `cron "* * 1-5W * *": day of month, column 8: W follows a single day or L; write 15W or LW`},
		{"* * 1,LW * *", `cron "* * 1,LW * *": day of month, column 7: LW stands alone, not in a list or range`},
		{"* * 1,L * *", `cron "* * 1,L * *": day of month, column 7: L stands alone, not in a list or range`},
		{"* * 1LW * *", `cron "* * 1LW * *": day of month, column 6: L stands alone; write L, L-3 or LW`},
		{"* * * * 1W", `cron "* * * * 1W": day of week, column 10: "W" cannot stand here; remove it`},

		// H.
		{"H * * * *", `cron "H * * * *": minute, column 1: H needs a seed, and there is none here; write a number`},
		{"* h/4 * * *", `cron "* h/4 * * *": hour, column 3: H needs a seed, and there is none here; write a number`},
		{"5,H * * * *", `cron "5,H * * * *": minute, column 3: H stands alone or with a step; write H or H/15`},
	}
	for _, tt := range tests {
		s, err := cron.Parse(tt.expr)
		if err == nil {
			t.Errorf("%q: no error, %s", tt.expr, s.Describe())
			continue
		}
		if s != nil {
			t.Errorf("%q: an error and a schedule", tt.expr)
		}
		if err.Error() != tt.want {
			t.Errorf("%q:\n got %s\nwant %s", tt.expr, err, tt.want)
		}
	}
}

func TestParseErrorFields(t *testing.T) {
	_, err := cron.Parse("0 8 * * FUNDAY")
	var bad *cron.ParseError
	if !errors.As(err, &bad) {
		t.Fatalf("%T is not a ParseError", err)
	}
	want := cron.ParseError{Expr: "0 8 * * FUNDAY", Offset: 8, Field: "day of week",
		Msg: `"FUNDAY" is not a name; write one of SUN MON TUE WED THU FRI SAT`}
	if *bad != want {
		t.Errorf("got %+v, want %+v", *bad, want)
	}
}

func TestTooLong(t *testing.T) {
	long := strings.Repeat("0,", 400) + "0 * * * *"
	mustParse(t, long)
	for _, expr := range []string{strings.Repeat("0,", 600) + "0 * * * *", strings.Repeat(" ", 1<<20), strings.Repeat("* ", 1<<20)} {
		_, err := cron.Parse(expr)
		var bad *cron.ParseError
		if !errors.As(err, &bad) {
			t.Fatalf("error %v", err)
		}
		if bad.Msg != "the expression is longer than 1024 bytes; write lists as ranges" || len(bad.Expr) != 1024 || bad.Offset != 1024 {
			t.Errorf("%d bytes: offset %d, %d bytes kept: %s", len(expr), bad.Offset, len(bad.Expr), bad.Msg)
		}
	}
}
