// Package spec holds what generated code says about a job. It stands apart so that
// runtime and runtime/generated can share it without either importing the other's face.
package spec

import "time"

// Spec describes one annotated method. Generated code holds it in a variable;
// it is read only.
type Spec struct {
	Kind        string
	Aliases     []string
	Fingerprint string // of the arguments' schema
	Doc         string
	Display     string
	Params      []Param
	Result      string // Go type; empty: none
	Input       string // name of the parameter filled by the parent's result
	Queue       string // may hold {param}; empty: "default"
	Priority    int    // 0 to 3, see HasPriority
	HasPriority bool
	Retry       *Retry
	Timeout     time.Duration
	Expires     time.Duration
	Retain      time.Duration
	Cron        []Cron
}

// Param is one parameter of the method, without the context.
type Param struct {
	Name   string
	Type   string
	Secret bool
}

// Retry is a retry policy as annotated.
type Retry struct {
	Max      int
	Delays   []time.Duration // the last repeats
	Base     time.Duration   // exponential when set
	Cap      time.Duration
	OnDelete bool // exhausted: deleted instead of failed
}

// Cron is a recurring job declared in code.
type Cron struct {
	ID      string // unique in the owner; by default the kind
	Expr    string
	Zone    string
	Misfire string // once, all, skip
	Overlap bool
}
