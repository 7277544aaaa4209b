package model

import (
	"cmp"
	"go/token"
	"slices"

	"github.com/gojobgen/jobgen/generator/internal/directive"
)

// Unique reports kinds, aliases and ids of recurring jobs that are used twice in one
// run. They share one store, and often one server.
func Unique(packages []*Package, position func(token.Pos) token.Position, report directive.Report) {
	var jobs []labelled
	for _, p := range packages {
		for _, s := range p.Services {
			for _, j := range s.Jobs {
				jobs = append(jobs, labelled{j, s.Name + "." + j.Method, position(j.Pos)})
			}
		}
	}
	slices.SortFunc(jobs, func(a, b labelled) int {
		return cmp.Or(cmp.Compare(a.at.Filename, b.at.Filename), cmp.Compare(a.at.Offset, b.at.Offset))
	})
	kinds, ids := map[string]labelled{}, map[string]labelled{}
	claim := func(in map[string]labelled, name string, l labelled, pos token.Pos, what, cure string) {
		if other, taken := in[name]; taken && other.job == l.job && what == "kind" {
			report.Addf(pos, "%s: %q is a kind of this job already: remove the alias", l.job.Method, name)
			return
		} else if taken {
			report.Addf(pos, "%s: the %s %q is taken by %s at %s: %s", l.job.Method, what, name, other.name, place(other.at), cure)
			return
		}
		in[name] = l
	}
	for _, l := range jobs {
		claim(kinds, l.job.Kind, l, l.job.Pos, "kind", "give one of them another with //job:name")
	}
	for _, l := range jobs {
		for _, alias := range l.job.Options.Aliases {
			claim(kinds, alias.Value, l, alias.Pos, "kind", "an old kind can be accepted by one job only")
		}
		for _, c := range l.job.Options.Cron {
			id, pos := l.job.CronID(c), c.Pos
			if c.ID != nil {
				pos = c.ID.Pos
			}
			claim(ids, id, l, pos, "id of a recurring job", "give one of them another with id=")
		}
	}
}

type labelled struct {
	job  *Job
	name string
	at   token.Position
}

// CronID is the id of a recurring job: by default the kind.
func (j *Job) CronID(c directive.Cron) string {
	if c.ID != nil {
		return c.ID.Value
	}
	return j.Kind
}
