package scenario_test

import (
	"errors"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/bench/internal/backend"
	"github.com/gojobgen/jobgen/bench/internal/library"
	"github.com/gojobgen/jobgen/bench/internal/scenario"
)

// Every scenario runs with every library on SQLite and says what it measured.
func TestSmoke(t *testing.T) {
	h := new(backend.Host)
	defer h.Close()
	at, err := backend.Start(h, "sqlite")
	if err != nil {
		t.Fatal(err)
	}
	size := scenario.Size{Jobs: 400, For: 400 * time.Millisecond, Limit: time.Minute, Preload: time.Minute}
	for _, s := range scenario.All {
		if !s.Fits(at.Name()) {
			continue
		}
		for _, l := range library.Of(at.Name(), false) {
			t.Run(s.Name+"/"+l.Name, func(t *testing.T) {
				samples, err := s.Run(t.Context(), scenario.Contender{Backend: at, Library: l}, size)
				if err != nil && !errors.Is(err, library.ErrCannot) {
					t.Fatal(err)
				}
				for _, got := range samples {
					if got.Name == "" || got.Unit == "" || got.Value < 0 {
						t.Errorf("%+v", got)
					}
				}
				if len(samples) == 0 {
					t.Error("no sample")
				}
			})
		}
	}
}
