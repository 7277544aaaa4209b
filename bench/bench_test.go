package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// The line that other programs read, from the flags to the JSON.
func TestQuickJSON(t *testing.T) {
	var out bytes.Buffer
	err := run(t.Context(), []string{"-quick", "-json", "-stores", "sqlite", "-jobs", "500", "-for", "200ms", "-runs", "1"}, &out)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for line := range strings.Lines(out.String()) {
		var got map[string]any
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		names = append(names, got["scenario"].(string))
		if got["store"] != "sqlite" || got["peer"] != "river-tuned" || got["unit"] == "" {
			t.Errorf("%s: wrong store, peer or unit", line)
		}
		mine, theirs, ratio := got["jobgen"].(float64), got["peer_value"].(float64), got["ratio"].(float64)
		want := mine / theirs
		if got["unit"] == "ms" {
			want = 1 / want
		}
		if mine <= 0 || theirs <= 0 || ratio < 0.99*want || ratio > 1.01*want {
			t.Errorf("%s: ratio %v, want %v", line, ratio, want)
		}
	}
	if got, want := strings.Join(names, " "), "latency enqueue-16 bulk process-100 mixed"; got != want {
		t.Errorf("scenarios %s, want %s", got, want)
	}
}

func TestTable(t *testing.T) {
	var out bytes.Buffer
	err := run(t.Context(), []string{"-stores", "sqlite", "-scenarios", "process-10", "-peers", "river-tuned", "-jobs", "200", "-runs", "1"}, &out)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"fencing, history, statistics, results, durable settles", "synchronous NORMAL", "| process-10 | jobs/s |", "| river-tuned |"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in:\n%s", want, &out)
		}
	}
}

func TestWrongArguments(t *testing.T) {
	for _, args := range []string{"-stores oracle", "-scenarios sleep", "-runs 0", "extra", "-none"} {
		if err := run(t.Context(), strings.Fields(args), new(bytes.Buffer)); err == nil {
			t.Errorf("%s: no error", args)
		}
	}
}
