package redisstore

import (
	"context"
	"encoding/binary"
	"strconv"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

var lookStats = lazy("look_stats")

// statsChunk is how many counters one script reads.
const statsChunk = 500

// minuteOf is a step's place in time as members of step have it: minutes since 1970.
func minuteOf(t time.Time) string {
	return string(binary.BigEndian.AppendUint32(nil, uint32(min(max(t.Unix()/60, 0), 1<<32-1))))
}

func timeOfMinute(text string) time.Time {
	if len(text) != 4 {
		return time.Time{}
	}
	return time.Unix(int64(binary.BigEndian.Uint32([]byte(text)))*60, 0).UTC()
}

// Stats are the statistics; see [storage.Reader].
func (s *Store) Stats(ctx context.Context, q storage.StatQuery) ([]storage.Stat, error) {
	steps, err := rules.Steps(q)
	if err != nil {
		return nil, err
	}
	if err := s.enter(ctx); err != nil || len(steps) == 0 {
		return steps, err
	}
	letter, queue, kind := "m", "", ""
	if rules.Coarse(q.Step) {
		letter = "h"
	}
	if q.Queue != "" {
		queue = n8s(q.Queue)
	}
	if q.Kind != "" {
		kind = n8s(q.Kind)
	}
	end := steps[len(steps)-1].At.Add(q.Step)
	for _, sh := range s.shards {
		low, high := "["+letter+minuteOf(steps[0].At), "("+letter+minuteOf(end)
		for low != "" {
			reply, err := sh.run(ctx, lookStats(), low, high, queue, kind, statsChunk)
			if err != nil {
				return nil, err
			}
			low = addStats(steps, q.Step, asList(reply))
		}
	}
	return steps, nil
}

// addStats adds what a script read, and says where the next one begins.
func addStats(steps []storage.Stat, step time.Duration, l []any) (low string) {
	if len(l) == 0 {
		return ""
	}
	if last := asString(l[0]); last != "" {
		low = "(" + last
	}
	for l = l[1:]; len(l) >= 6; l = l[6:] {
		i := rules.StepIndex(steps, step, timeOfMinute(asString(l[0])))
		if i < 0 {
			continue
		}
		var n [5]int64
		for k := range n {
			n[k], _ = strconv.ParseInt(asString(l[1+k]), 10, 64)
		}
		steps[i].Succeeded += n[0]
		steps[i].Failed += n[1]
		steps[i].Deleted += n[2]
		steps[i].Retried += n[3]
		steps[i].RunTime += time.Duration(n[4])
	}
	return low
}
