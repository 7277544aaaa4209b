package directive

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	tests := []struct {
		text string
		want string // as String writes it; empty: no directive
	}{
		{"//job:queue mail", "//job:queue mail"},
		{"//job:queue   mail  ", "//job:queue mail"},
		{"//job:retry max=5 delays=1s,2s", "//job:retry max=5 delays=1s,2s"},
		{`//job:display "Receipt for {order}"`, `//job:display "Receipt for {order}"`},
		{"//job:display `a=b`", `//job:display "a=b"`},
		{`//job:cron "0 8 * * *" tz="Europe/Berlin"`, `//job:cron "0 8 * * *" tz="Europe/Berlin"`},
		{"//job:queue a.b=c", "//job:queue a.b=c"},
		{"//job:queue", "//job:queue"},
		{"//go:generate jobgen", ""},
		{"// job:queue mail", ""},
		{"/*job:queue mail*/", ""},
	}
	for _, test := range tests {
		d, ok := Parse(1, test.text, func(_ token.Pos, message string) { t.Errorf("%s: %s", test.text, message) })
		got := ""
		if ok {
			got = d.String()
		}
		if got != test.want {
			t.Errorf("Parse(%q) = %q, want %q", test.text, got, test.want)
		}
	}
}

// FuzzParse checks that no text confuses the parser: it does not panic, every place
// it names is within the comment, and what it read it reads again from its own
// writing.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"//job:queue mail", `//job:cron "0 8 * * MON" tz=Europe/Berlin`, "//job:retry max=5 delays=10s,1m,5m",
		"//job:display `a {b}`", `//job:queue x="`, `//job:queue "`, "//job:queue =", "//job:retry delays=,,",
		`//job:display "é\n{"`, "//job:cron \"@daily\" id=x misfire=", "//job: queue", "//job:queue {a}{b",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.ContainsAny(text, "\r\n") || !utf8.ValidString(text) {
			t.Skip("not one comment line")
		}
		const start = 10
		inside := func(pos token.Pos, what string) {
			if pos < start || pos > start+token.Pos(len(text)) {
				t.Errorf("%q: %s is at %d, outside of the comment", text, what, pos-start)
			}
		}
		clean := true
		d, ok := Parse(start, text, func(pos token.Pos, message string) { clean = false; inside(pos, message) })
		nearMiss(&ast.Comment{Slash: start, Text: text}, inside)
		if !ok || !clean {
			return
		}
		for _, a := range d.Args {
			inside(a.Pos, "argument")
			inside(a.ValuePos, "value")
		}
		for _, at := range []place{onInterface, onMethod} {
			d.apply(new(Options), at, map[string]bool{}, inside)
		}
		again, ok := Parse(start, d.String(), func(_ token.Pos, message string) { t.Errorf("%q: %s", d, message) })
		if !ok || again.String() != d.String() {
			t.Errorf("%q becomes %q, which becomes %q", text, d, again)
		}
	})
}

func TestCollectOptions(t *testing.T) {
	services, problems := collect(t, `package p

//job:queue outer
//job:retry max=2 delays=1s,2s
type S interface {
	A()
	//job:retry 1
	//job:timeout 5s
	B()
}

type NotAService interface{ C() }
`)
	if len(problems) > 0 || len(services) != 1 || len(services[0].Methods) != 2 {
		t.Fatalf("got %d services, problems %q", len(services), problems)
	}
	a, b := services[0].Methods[0].Options, services[0].Methods[1].Options
	if a.Queue.Value != "outer" || len(a.Retry.Delays) != 2 || a.Timeout != nil {
		t.Errorf("A has %+v, want what the interface says", a)
	}
	if diff := cmp.Diff(&Retry{Max: 1}, b.Retry); diff != "" {
		t.Errorf("the retry policy of B is not its own (-want +got):\n%s", diff)
	}
	if b.Queue.Value != "outer" {
		t.Errorf("queue of B = %q, want that of the interface", b.Queue.Value)
	}
}

// TestCollectWindows checks that line ends of Windows make no difference.
func TestCollectWindows(t *testing.T) {
	source := strings.ReplaceAll(`package p

//job:queue outer
type S interface {
	//job:queue cut

	A()
}
`, "\n", "\r\n")
	services, problems := collect(t, source)
	if len(services) != 1 || services[0].Options.Queue.Value != "outer" {
		t.Errorf("got services %+v", services)
	}
	if len(problems) != 1 || !strings.Contains(problems[0], "a blank line parts it from A") {
		t.Errorf("got problems %q", problems)
	}
}

// TestCollectCycle checks that interfaces which embed each other end; that they do
// not compile is for the compiler to say.
func TestCollectCycle(t *testing.T) {
	services, problems := collect(t, `package p

//job:queue a
type A interface {
	B
	M()
}

type B interface{ A }
`)
	if len(services) != 1 || len(services[0].Methods) != 1 || len(problems) > 0 {
		t.Errorf("got %+v, problems %q", services, problems)
	}
}

func collect(t *testing.T, source string) (services []*Service, problems []string) {
	t.Helper()
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "p.go", source, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	services = Collect([]*ast.File{f}, nil, func(pos token.Pos, message string) {
		problems = append(problems, fset.Position(pos).String()+": "+message)
	})
	return services, problems
}
