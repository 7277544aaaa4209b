// Package model is what the generator knows about a package: its services, their
// jobs, and every name that the generated code will use.
//
// It is made in two steps. [Resolve] joins services, as read from the source, with
// the types of the package, and checks the rules that a job has to keep. [Name]
// chooses all names, so that writing the code decides nothing any more. The package
// knows go/types, but neither how packages are loaded nor how code is written.
package model

import (
	"go/token"
	"go/types"

	"github.com/gojobgen/jobgen/generator/internal/directive"
)

// Package is one package with services.
type Package struct {
	Path, Name string
	Services   []*Service // by name

	// Imports are the names under which generated code imports packages, by path.
	// Set by [Name].
	Imports map[string]Import
}

// Import is one import of the generated file.
type Import struct {
	Name    string // as used in the file
	Renamed bool   // differs from the name of the package
}

// Service is an interface whose methods are jobs.
type Service struct {
	Name, Doc string
	Pos       token.Pos
	Prefix    string
	Jobs      []*Job // in source order

	Names ServiceNames // set by Name
}

// ServiceNames are the package-level names made for one service.
type ServiceNames struct{ Client, New, Register, Guard string }

// Job is one method of a service.
type Job struct {
	Method    string
	Pos       token.Pos
	Doc       string
	Signature *types.Signature // as declared

	Kind        string
	Fingerprint string
	Params      []*Param   // without the context
	Variadic    bool       // the last parameter
	Result      types.Type // nil: only an error
	ResultText  string     // the result type for people to read
	Input       int        // index of the parameter fed by the parent's result; -1: none
	Options     directive.Options

	Names  JobNames // set by Name
	Locals Locals   // set by Name
}

// InputParam is the parameter fed by the parent's result; nil: none.
func (j *Job) InputParam() *Param {
	if j.Input < 0 {
		return nil
	}
	return j.Params[j.Input]
}

// JobNames are the names made for one job.
type JobNames struct {
	Enqueue, Schedule, Continue, ContinueWith string // methods of the client
	Job, Args, Rest, Spec                     string // package-level; Rest is Args without the input
}

// Locals are the names of what generated functions add to the user's parameters.
type Locals struct{ Client, Ctx, At, Parent, Opts string }

// Param is one parameter of a job. A variadic one has a slice type.
type Param struct {
	Name     string // as declared: the key on the wire
	Pos      token.Pos
	Type     types.Type
	TypeText string // for people to read
	Secret   bool

	Local string // in generated functions; set by Name
	Field string // of the arguments' struct; set by Name
}
