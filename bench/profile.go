package main

import (
	"fmt"
	"os"
	"runtime/pprof"
)

// profiling starts the processor profile that was asked for; stop ends it.
func (o options) profiling() (stop func(), err error) {
	if o.profile == "" {
		return func() {}, nil
	}
	file, err := os.Create(o.profile)
	if err != nil {
		return nil, fmt.Errorf("profile: %w", err)
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("profile: %w", err)
	}
	return func() {
		pprof.StopCPUProfile()
		_ = file.Close() // a profile cut short is seen when it is read
	}, nil
}
