package runtime

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/rs/zerolog"

	"github.com/gojobgen/jobgen/storage"
)

// logWriter is the writer under a job's logger, so it sees every line as one JSON
// object: it keeps the line with the job and passes it on to the server's logger.
type logWriter struct{ run *run }

// maxMessage leaves room for the level in the limit of a line.
const maxMessage = storage.MaxLogLine - 32

func (w *logWriter) Write(line []byte) (int, error) { return w.WriteLevel(zerolog.NoLevel, line) }

// WriteLevel implements zerolog.LevelWriter.
func (w *logWriter) WriteLevel(level zerolog.Level, line []byte) (int, error) {
	fields := make(map[string]json.RawMessage)
	var message string
	if json.Unmarshal(line, &fields) != nil || json.Unmarshal(fields[zerolog.MessageFieldName], &message) != nil {
		if len(fields) == 0 {
			message = string(line)
		}
	}
	for _, name := range []string{zerolog.MessageFieldName, zerolog.LevelFieldName, zerolog.TimestampFieldName} {
		delete(fields, name)
	}
	kept := storage.LogLine{At: w.run.session.server.opts.Clock(), Message: cut(message, maxMessage)}
	if level != zerolog.NoLevel {
		kept.Level = level.String()
	}
	if len(fields) > 0 {
		if data, err := json.Marshal(fields); err == nil && len(data) <= storage.MaxLogLine {
			kept.Fields = string(data)
		}
	}
	w.run.source.Log(kept)
	w.pass(level, message, fields)
	return len(line), nil
}

// pass writes the line to the server's log, with the job's id in it. A handler's
// Fatal and Panic lines end nothing here: the handler's own logger sees to that.
func (w *logWriter) pass(level zerolog.Level, message string, fields map[string]json.RawMessage) {
	e := w.run.session.server.opts.Logger.WithLevel(level)
	if !e.Enabled() {
		return
	}
	e.Stringer("job", w.run.job.ID).Str("kind", w.run.job.Kind).Int("attempt", w.run.job.Attempt)
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		e.RawJSON(name, fields[name])
	}
	e.Msg(message)
}
