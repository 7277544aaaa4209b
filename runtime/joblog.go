package runtime

import (
	"encoding/json"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/gojobgen/jobgen/storage"
)

// lineBuffer keeps what a handler logs until it is reported, and passes each line
// on to the server's own logger. It is the writer under the job's logger, so it
// sees every line as one JSON object.
type lineBuffer struct {
	forward zerolog.Logger
	now     func() time.Time

	mu    sync.Mutex
	lines []storage.LogLine
	total int
}

func (b *lineBuffer) Write(line []byte) (int, error) { return b.WriteLevel(zerolog.NoLevel, line) }

// WriteLevel implements zerolog.LevelWriter.
func (b *lineBuffer) WriteLevel(level zerolog.Level, line []byte) (int, error) {
	fields := make(map[string]any)
	if err := json.Unmarshal(line, &fields); err != nil {
		fields[zerolog.MessageFieldName] = string(line)
	}
	message, _ := fields[zerolog.MessageFieldName].(string)
	delete(fields, zerolog.MessageFieldName)
	delete(fields, zerolog.LevelFieldName)
	delete(fields, zerolog.TimestampFieldName)
	b.keep(level, message, fields)
	if b.forward.GetLevel() <= level || level == zerolog.NoLevel {
		b.forward.WithLevel(level).Fields(fields).Msg(message)
	}
	return len(line), nil
}

func (b *lineBuffer) keep(level zerolog.Level, message string, fields map[string]any) {
	l := storage.LogLine{At: b.now(), Message: cut(message, storage.MaxLogLine)}
	if level != zerolog.NoLevel {
		l.Level = level.String()
	}
	if len(fields) > 0 {
		if data, err := json.Marshal(fields); err == nil && len(data) <= storage.MaxLogLine {
			l.Fields = string(data)
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.total++; b.total <= storage.MaxLogLines {
		b.lines = append(b.lines, l)
	}
}

func (b *lineBuffer) take() []storage.LogLine {
	b.mu.Lock()
	defer b.mu.Unlock()
	lines := b.lines
	b.lines = nil
	return lines
}
