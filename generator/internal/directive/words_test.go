package directive

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParseDuration(t *testing.T) {
	tests := []struct {
		text string
		want time.Duration // negative: an error
	}{
		{"30s", 30 * time.Second},
		{"1h30m", 90 * time.Minute},
		{"30d", 30 * day},
		{"1d12h", 36 * time.Hour},
		{"0", 0},
		{"0d", 0},
		{"106751d", 106751 * day},
		{"106751d23h47m16s", 106751*day + 23*time.Hour + 47*time.Minute + 16*time.Second},
		{"106752d", -1},
		{"106751d24h", -1},
		{"99999999999999999999d", -1},
		{"-1s", -1},
		{"-0s", -1},
		{"1d-1s", -1},
		{"-1d", -1},
		{"1.5d", -1},
		{"d", -1},
		{"1d2d", -1},
		{"5", -1},
		{"", -1},
	}
	for _, test := range tests {
		got, err := parseDuration(test.text)
		if (err != nil) != (test.want < 0) || err == nil && got != test.want {
			t.Errorf("parseDuration(%q) = %v, %v; want %v", test.text, got, err, test.want)
		}
	}
}

// TestParseDurationDays checks that days are a prefix to any Go duration.
func TestParseDurationDays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		days := rapid.IntRange(0, 50_000).Draw(t, "days")
		rest := time.Duration(rapid.Int64Range(0, int64(100*365*day)).Draw(t, "rest"))
		got, err := parseDuration(strconv.Itoa(days) + "d" + rest.String())
		if want := time.Duration(days)*day + rest; err != nil || got != want {
			t.Errorf("%dd%s = %v, %v", days, rest, got, err)
		}
	})
}

func TestSuggest(t *testing.T) {
	tests := []struct{ word, want string }{
		{"queue", "queue"}, {"queu", "queue"}, {"qeueu", "queue"}, {"Queue", "queue"}, {"retries", ""},
		{"quality", ""}, {"x", ""}, {"", ""}, {"cro", "cron"}, {"expire", "expires"},
	}
	for _, test := range tests {
		if got := Closest(test.word, names()); got != test.want {
			t.Errorf("Closest(%q) = %q, want %q", test.word, got, test.want)
		}
	}
	if got := Suggest("a", []string{"on"}, ""); got != "" {
		t.Errorf("a short word suggests %q, which shares no letter with it", got)
	}
}

// TestDistance checks the properties of a distance.
func TestDistance(t *testing.T) {
	word := rapid.StringOfN(rapid.RuneFrom([]rune("abc")), 0, 8, -1)
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := word.Draw(t, "a"), word.Draw(t, "b"), word.Draw(t, "c")
		if got := distance(a, b); got != distance(b, a) || (got == 0) != (a == b) || got > max(len(a), len(b)) {
			t.Errorf("distance(%q, %q) = %d, the other way %d", a, b, got, distance(b, a))
		}
		if distance(a, c) > distance(a, b)+distance(b, c) {
			t.Errorf("the way from %q to %q is shorter over %q", a, c, b)
		}
	})
}

// TestPlaceholders checks that what was put together is taken apart again.
func TestPlaceholders(t *testing.T) {
	text := rapid.StringOfN(rapid.RuneFrom([]rune("ab-é ")), 0, 5, -1)
	rapid.Check(t, func(t *rapid.T) {
		var whole, around strings.Builder
		var want []string
		for range rapid.IntRange(0, 4).Draw(t, "parts") {
			part, name := text.Draw(t, "text"), text.Draw(t, "name")
			whole.WriteString(part + "{" + name + "}")
			around.WriteString(part)
			want = append(want, name)
		}
		params, rest, _, ok := Placeholders(Text{Value: whole.String(), Pos: 5})
		if !ok || rest != around.String() || len(params) != len(want) {
			t.Fatalf("%q: got %v, %q, %v", whole.String(), params, rest, ok)
		}
		for i, p := range params {
			at := int(p.Pos) - 5
			if p.Value != want[i] || whole.String()[at:at+len(p.Value)] != p.Value {
				t.Errorf("%q: got %q at %d, want %q", whole.String(), p.Value, at, want[i])
			}
		}
	})
	for _, broken := range []string{"{", "}", "a}b{", "{a", "{a{b}", "{{a}}"} {
		if _, _, at, ok := Placeholders(Text{Value: broken}); ok || int(at) >= len(broken) {
			t.Errorf("Placeholders(%q) = %d, %v; want a place and no", broken, at, ok)
		}
	}
}
