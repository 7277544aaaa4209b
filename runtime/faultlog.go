package runtime

import (
	"sync"
	"time"

	"github.com/rs/zerolog"
)

// faultLog logs storage faults of the loops, each kind of call at most once in
// quietFor: a store that is down for an hour should not fill a disk.
type faultLog struct {
	logger zerolog.Logger
	mu     sync.Mutex
	last   map[string]time.Time
}

const quietFor = 10 * time.Second

func (f *faultLog) with(doing string) func(error) {
	return func(err error) { f.log(doing, err) }
}

func (f *faultLog) log(doing string, err error) {
	f.mu.Lock()
	now := time.Now()
	last, seen := f.last[doing]
	quiet := seen && now.Sub(last) < quietFor
	if !quiet {
		if f.last == nil {
			f.last = make(map[string]time.Time)
		}
		f.last[doing] = now
	}
	f.mu.Unlock()
	if !quiet {
		f.logger.Error().Err(err).Msg("store: " + doing + " failed; trying again")
	}
}
