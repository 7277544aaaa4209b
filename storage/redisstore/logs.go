package redisstore

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

var lookLogs = lazy("look_logs")

// logLooks is how many numbers of lines one script looks at.
const logLooks = 10_000

// Logs is the log of a job; see [storage.Reader].
func (s *Store) Logs(ctx context.Context, q storage.LogQuery) (lines []storage.NumberedLine, err error) {
	limit, err := rules.LogPage(q.Limit)
	if err != nil {
		return nil, err
	}
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	after := int64(max(q.After, 0))
	for {
		reply, err := s.shardOf(q.Job).run(ctx, lookLogs(), q.Job[:], after, q.Fetch, limit-len(lines), logLooks)
		if err != nil {
			return nil, err
		}
		answer := asList(reply)
		if len(answer) < 2 {
			return nil, noJob(q.Job)
		}
		for l := answer[2:]; len(l) >= 2; l = l[2:] {
			line, err := decodeLine(asString(l[1]))
			if err != nil {
				return nil, fmt.Errorf("%w: job %s", err, q.Job)
			}
			line.Number = int(asInt(l[0]))
			lines = append(lines, line)
		}
		if after = asInt(answer[0]); asInt(answer[1]) != 0 {
			return lines, nil
		}
	}
}

func decodeLine(text string) (line storage.NumberedLine, err error) {
	if len(text) < 4 {
		return line, fmt.Errorf("redisstore: a line of a log is damaged")
	}
	line.Fetch = int(binary.BigEndian.Uint32([]byte(text)))
	if err := json.Unmarshal([]byte(text[4:]), &line.LogLine); err != nil {
		return line, fmt.Errorf("redisstore: a line of a log is damaged: %w", err)
	}
	return line, nil
}
