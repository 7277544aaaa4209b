// Package generator turns annotated interfaces into typed job code.
//
// An interface with //job: directives becomes a file jobs_gen.go beside it: a client
// with functions that enqueue, schedule and continue each method as a job, and a
// function that registers an implementation with a dispatcher. [Run] does it for all
// packages that match some patterns, in one go:
//
//	discover -> load -> collect -> resolve -> name -> emit -> commit
//
// Either everything is right and the files are written, or every problem of every
// package is reported with its place and nothing is written.
package generator

import (
	"context"
	"go/token"
	"path/filepath"

	"github.com/gojobgen/jobgen/generator/internal/emit"
	"github.com/gojobgen/jobgen/generator/internal/source"
)

// Config says what to generate. The zero Config is the package in the current folder.
type Config struct {
	// Dir is the folder that patterns and reported file names are relative to.
	// Defaults to the current one.
	Dir string
	// Patterns name packages as for the go command: ".", "./...". Defaults to ".".
	Patterns []string
	// Tags are build tags, separated by commas, under which packages are read.
	Tags string
	// Env is the environment in which the go command runs. Defaults to that of the
	// process.
	Env []string
	// Check leaves all files as they are; see [Result.Diff].
	Check bool
}

// Run generates the code of all packages that match and writes what has changed.
//
// A package does not have to compile: only what the jobs need has to resolve. When
// something is wrong with the source the error is [Problems], which lists it all,
// and no file is touched. Other errors mean that packages could not be read or
// files not be written.
func Run(ctx context.Context, cfg Config) (Result, error) {
	dir, err := filepath.Abs(cfg.Dir)
	if err != nil {
		return Result{}, err
	}
	if len(cfg.Patterns) == 0 {
		cfg.Patterns = []string{"."}
	}
	r := &run{
		dir: dir,
		src: source.Config{
			Dir: dir, Patterns: cfg.Patterns, Tags: cfg.Tags, Env: cfg.Env,
			Header: emit.Header, Fset: token.NewFileSet(),
		},
	}
	result, err := r.generate(ctx)
	if err != nil {
		return Result{}, err
	}
	if !cfg.Check {
		if err := result.commit(); err != nil {
			return Result{}, err
		}
	}
	return result, nil
}
