package mysqlstore

import (
	"context"
	"encoding/hex"
	"slices"
	"time"

	"github.com/gojobgen/jobgen/storage/internal/sqlcore"
)

// InsertPlain stores jobs that need nothing but themselves.
func (d *database) InsertPlain(ctx context.Context, jobs []sqlcore.PlainJob) (taken bool, err error) {
	err = d.lone(ctx, func(l *link) error {
		if err := d.listen(l); err != nil {
			return err
		}
		now, first := d.clock.places(len(jobs))
		all := []*writing{d.newJobs(jobs, first, now), d.texts.newPacks(jobs, first), d.newTally(jobs)}
		if len(jobs) < manyJobs {
			return l.write(all, "COMMIT")
		}
		for _, w := range all[:2] {
			if err := l.write([]*writing{w}); err != nil {
				return err
			}
		}
		return l.write(all[2:], "COMMIT")
	})
	if codeOf(err) == codeDuplicate {
		return true, nil
	}
	return false, err
}

// manyJobs is from how many on a round trip costs less than what the server makes of a
// long text that is one of several.
const manyJobs = 200

func (d *database) newJobs(jobs []sqlcore.PlainJob, first int64, now time.Time) *writing {
	size := 300
	for i := range jobs {
		size += 2*(len(jobs[i].Payload)+len(jobs[i].Options)+len(jobs[i].Metadata)) + 120
	}
	w := room(size)
	more := slices.ContainsFunc(jobs, func(j sqlcore.PlainJob) bool { return len(j.Options)+len(j.Metadata) > 0 })
	names := "shape, id, shelf, `rank`, created, enqueued, payload"
	if more {
		names += ", options, metadata"
	}
	w.add(d.texts.Named("INSERT INTO jg_job (" + names + ") VALUES "))
	at := now.UnixMilli()
	for i := range jobs {
		j := &jobs[i]
		w.row(i == 0, int64(j.Shape)).id(&j.ID).int(int64(j.Shelf)).int(rankOf(j, first, i)).int(at).int(at).bytes(j.Payload)
		if more {
			w.bytes(j.Options).bytes(j.Metadata)
		}
		w.end()
	}
	return w
}

func rankOf(j *sqlcore.PlainJob, first int64, i int) int64 {
	return int64(j.Priority)<<60 | (first + int64(i))
}

// newPacks puts the jobs on their lines.
func (t *texts) newPacks(jobs []sqlcore.PlainJob, first int64) *writing {
	packs := sqlcore.PacksOf(jobs)
	w := room(100 + 150*len(packs) + 2*idSize*len(jobs))
	w.add(t.Named("INSERT INTO jg_pack (queue, `rank`, low, high, shape, shelf, n, jobs) VALUES "))
	for i := range packs {
		p := &packs[i]
		j := &jobs[p.First]
		w.row(i == 0, int64(j.Queue)).int(rankOf(j, first, p.First)).id(&p.Low).id(&p.High).int(int64(j.Shape)).int(int64(j.Shelf)).int(int64(p.N)).add(",x'")
		for k := range p.N {
			w.b = hex.AppendEncode(w.b, jobs[p.First+k].ID[:])
		}
		w.add("'").end()
	}
	return w
}

// newTally counts the new jobs of each shape.
func (d *database) newTally(jobs []sqlcore.PlainJob) *writing {
	counts := make(map[int]int, 1)
	for i := range jobs {
		counts[jobs[i].Shape]++
	}
	w := new(writing).add(d.texts.Named("INSERT INTO jg_tally (shape, cls, n) VALUES "))
	first := true
	for shape, n := range counts {
		w.row(first, int64(shape)).int(classLive).int(int64(n)).end()
		first = false
	}
	return w
}
