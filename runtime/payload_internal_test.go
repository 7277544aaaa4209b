package runtime

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestSplice(t *testing.T) {
	for _, c := range []struct{ payload, input, want string }{
		{`{}`, `"x"`, `{"p":"x"}`},
		{`{ }`, `1`, `{"p":1}`},
		{` {"a": 1 } `, `[2]`, `{"p":[2],"a": 1 }`},
		{"{\n\t\"a\": 1\n}", `null`, "{\"p\":null,\"a\": 1\n}"},
		{`{"p":"edited"}`, `"x"`, `{"p":"x","p":"edited"}`},
		{``, `1`, ``},
		{`null`, `1`, `null`},
		{`[1]`, `1`, `[1]`},
		{`{`, `1`, `{"p":1`},
	} {
		if got := string(splice([]byte(c.payload), []byte(c.input), "p")); got != c.want {
			t.Errorf("splice %q into %q: got %q, want %q", c.input, c.payload, got, c.want)
		}
	}
}

// An object stays an object with the same members and one more; anything else is
// left for the decoder.
func FuzzSplice(f *testing.F) {
	for _, p := range []string{`{}`, `{"a":1}`, ` { "a" : {"b":[1]} }`, `[]`, ``, `{`, `{"p":2}`, "\x00"} {
		f.Add([]byte(p), `"in"`, "p")
	}
	f.Fuzz(func(t *testing.T, payload []byte, input, param string) {
		if !json.Valid([]byte(input)) || !utf8.ValidString(param) {
			t.Skip()
		}
		out := splice(payload, []byte(input), param)
		var before, after map[string]json.RawMessage
		if json.Unmarshal(payload, &before) != nil || before == nil {
			return
		}
		if err := json.Unmarshal(out, &after); err != nil {
			t.Fatalf("splice %q into %q as %q: %q: %v", input, payload, param, out, err)
		}
		want, own := before[param]
		if !own {
			want = json.RawMessage(strings.Trim(input, " \t\r\n"))
			before[param] = want
		}
		if string(after[param]) != string(want) || len(after) != len(before) {
			t.Fatalf("splice %q into %q as %q: %q", input, payload, param, out)
		}
	})
}

// What expand gives is either the template with every placeholder replaced, or an error.
func FuzzExpand(f *testing.F) {
	f.Add("mail-{region}", `{"region":"eu"}`)
	f.Add("{a}{b}", `{"a":1,"b":true}`)
	f.Add("{größe}", `{"größe":"x"}`)
	f.Add("{}{", `{"":1}`)
	f.Add("{a}", `[]`)
	f.Fuzz(func(t *testing.T, template, args string) {
		out, err := expand(template, json.RawMessage(args))
		if err != nil || placeholder.MatchString(args) {
			return
		}
		var values map[string]json.RawMessage
		if json.Unmarshal([]byte(args), &values) != nil {
			t.Fatalf("expand took %q", args)
		}
		for _, m := range placeholder.FindAllStringSubmatch(template, -1) {
			if _, ok := values[m[1]]; !ok {
				t.Fatalf("expand %q with %q: %q has no argument", template, args, m[0])
			}
		}
		if !placeholder.MatchString(template) && out != template {
			t.Fatalf("expand changed %q to %q", template, out)
		}
	})
}

func TestCut(t *testing.T) {
	if cut("short", 10) != "short" {
		t.Error("a short text is left alone")
	}
	if got := cut(strings.Repeat("ö", 50), 41); len(got) > 41 || !utf8.ValidString(got) || !strings.HasSuffix(got, " ... (cut)") {
		t.Errorf("got %q", got)
	}
}

func TestErrorType(t *testing.T) {
	inner := &json.SyntaxError{}
	for _, err := range []error{inner, NoRetry(inner), RetryAfter(1, inner), wrapStop(inner)} {
		if got := errorType(err); got != "json.SyntaxError" {
			t.Errorf("%T: %s", err, got)
		}
	}
}
