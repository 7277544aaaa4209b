package model

import (
	"go/token"

	"github.com/gojobgen/jobgen/generator/internal/directive"
)

// The packages that generated code imports by itself.
const (
	ContextPath   = "context"
	TimePath      = "time"
	RuntimePath   = "github.com/gojobgen/jobgen/runtime"
	GeneratedPath = RuntimePath + "/generated"
)

// Taken are the names that hand-written files of a package use at package level,
// their imports included.
type Taken struct {
	Declared map[string]token.Position // package-level declarations
	Imported map[string]token.Position // names of imports, which are per file
}

// Name chooses every name of the generated file. Names that users see are made by
// rule, never changed to avoid a clash: a clash is reported, because the API of one
// service must not depend on what stands beside it. Names of imports and of what is
// added to the user's parameters move aside.
func Name(p *Package, taken Taken, report directive.Report) {
	declared := map[string]bool{}
	for name := range taken.Declared {
		declared[name] = true
	}
	n := namer{taken: taken, report: report, mine: map[string]owner{}}
	for _, s := range p.Services {
		n.service(s)
		for _, j := range s.Jobs {
			n.job(s, j)
		}
		n.methods(s)
	}
	for name := range n.mine {
		declared[name] = true
	}
	p.Imports = imports(p, declared)
	for _, s := range p.Services {
		for _, j := range s.Jobs {
			locals(p, j)
		}
	}
}

// owner is what a generated name was made for.
type owner struct {
	what    string
	pos     token.Pos
	service *Service
	perJob  bool // whether the name is one that //job:prefix changes
}

// namer chooses package-level names.
type namer struct {
	taken  Taken
	report directive.Report
	mine   map[string]owner
}

func (n *namer) service(s *Service) {
	o := owner{what: "interface " + s.Name, pos: s.Pos, service: s}
	exported := token.IsExported(s.Name)
	s.Names = ServiceNames{
		Client:   n.claim(s.Name+"Client", o),
		New:      n.claim(cased("New", exported)+upper(s.Name)+"Client", o),
		Register: n.claim(cased("Register", exported)+upper(s.Name), o),
		Guard:    n.claim(lower(s.Name)+"AsGenerated", o),
	}
}

func (n *namer) job(s *Service, j *Job) {
	own := owner{what: s.Name + "." + j.Method, pos: j.Pos, service: s}
	public := own
	public.perJob = true
	private := lower(s.Name) + upper(j.Method)
	exported := token.IsExported(j.Method)
	j.Names = JobNames{
		Enqueue:  cased("Enqueue", exported) + upper(j.Method),
		Schedule: cased("Schedule", exported) + upper(j.Method),
		Continue: cased("Continue", exported) + upper(j.Method),
		Job:      n.claim(cased(s.Prefix+upper(j.Method), exported && token.IsExported(s.Name))+"Job", public),
		Args:     n.claim(private+"Args", own),
		Spec:     n.claim(private+"Spec", own),
	}
	if j.Input >= 0 {
		j.Names.ContinueWith = j.Names.Continue + "With"
		if len(j.Params) > 1 {
			j.Names.Rest = n.claim(private+"Rest", own)
		}
	}
}

// methods reports functions of the client that two jobs need: ContinueXWith of a job X
// with an input, and ContinueX of a job XWith.
func (n *namer) methods(s *Service) {
	have := map[string]*Job{}
	for _, j := range s.Jobs {
		have[j.Names.Continue] = j
	}
	for _, j := range s.Jobs {
		if other := have[j.Names.ContinueWith]; other != nil {
			n.report.Addf(other.Pos, "%s.%s: the function %s of the client is also made for %s.%s, which has an input: rename one of the two",
				s.Name, other.Method, j.Names.ContinueWith, s.Name, j.Method)
		}
	}
}

// claim takes a package-level name, or reports who has it.
func (n *namer) claim(name string, o owner) string {
	if at, ok := n.taken.Declared[name]; ok {
		n.report.Addf(o.pos, "%s: the generated name %s is declared at %s: %s", o.what, name, place(at), cure(o, "rename one of the two"))
	} else if at, ok := n.taken.Imported[name]; ok {
		n.report.Addf(o.pos, "%s: the generated name %s is the name of an import at %s: %s", o.what, name, place(at), cure(o, "import it under another name"))
	} else if other, ok := n.mine[name]; ok {
		n.report.Addf(o.pos, "%s: the generated name %s is also made for %s: %s", o.what, name, other.what, cure(o, "rename one of the two"))
	} else {
		n.mine[name] = o
	}
	return name
}

// cure is what to do about a clash.
func cure(o owner, otherwise string) string {
	if o.perJob {
		return "put //job:prefix NAME above interface " + o.service.Name + ", or " + otherwise
	}
	return otherwise
}
