package rules

import "github.com/gojobgen/jobgen/storage"

// HistoryHead is how many of a job's first history entries are kept for good.
const HistoryHead = 10

// Append adds entry to a history and cuts it to [storage.MaxHistory]: the first
// [HistoryHead] entries and the newest stay, dropped counts what was between them.
// It reuses the slice.
func Append(history []storage.HistoryEntry, dropped int, entry storage.HistoryEntry) ([]storage.HistoryEntry, int) {
	history = append(history, Entry(entry))
	if over := len(history) - storage.MaxHistory; over > 0 {
		history = append(history[:HistoryHead], history[HistoryHead+over:]...)
		dropped += over
	}
	return history, dropped
}

// Entry is e with its time and texts as stores keep them.
func Entry(e storage.HistoryEntry) storage.HistoryEntry {
	e.At = Cut(e.At)
	e.Reason = Reason(e.Reason)
	e.Duration = max(e.Duration, 0)
	e.Failure = Failure(e.Failure)
	return e
}

// Settled looks in a history for the outcome that was written for token, as sent;
// 0 when there is none.
func Settled(history []storage.HistoryEntry, token storage.Token) storage.OutcomeKind {
	for i := len(history) - 1; i >= 0; i-- {
		if e := history[i]; e.Outcome != 0 && e.Fetch == token.Fetch && e.Session == token.Session {
			return e.Outcome
		}
	}
	return 0
}
