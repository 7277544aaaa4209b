package rules

import (
	"math"
	"strings"
	"unicode/utf8"

	"github.com/gojobgen/jobgen/storage"
)

// replacement stands for what is not text: the character U+FFFD.
const replacement = "\uFFFD"

// Clean is s with U+FFFD in the place of bytes that are not UTF-8 and of NUL, which
// no store has to keep.
func Clean(s string) string {
	if IsText(s) {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, replacement), "\x00", replacement)
}

// IsText reports whether s is UTF-8 without NUL.
func IsText(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

// CutText is s cleaned and cut to at most limit bytes, never within a character.
func CutText(s string, limit int) string {
	s = Clean(s)
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}

// Reason is the reason of a history entry, cleaned and cut.
func Reason(s string) string { return CutText(s, storage.MaxReason) }

// Failure is a copy of f, cleaned and cut: the message comes first, the stack gets
// what is left of [storage.MaxFailure]. It is nil for nil.
func Failure(f *storage.Failure) *storage.Failure {
	if f == nil {
		return nil
	}
	message := CutText(f.Message, storage.MaxFailure)
	return &storage.Failure{
		Type:    CutText(f.Type, storage.MaxName),
		Message: message,
		Stack:   CutText(f.Stack, storage.MaxFailure-len(message)),
	}
}

// Progress is a copy of p with its percent within 0 to 100 and its note cleaned and
// cut to [storage.MaxReason]. It is nil for nil.
func Progress(p *storage.Progress) *storage.Progress {
	if p == nil {
		return nil
	}
	percent := min(max(p.Percent, 0), 100)
	if math.IsNaN(percent) {
		percent = 0
	}
	return &storage.Progress{Percent: percent, Note: Reason(p.Note)}
}

// LogLine is l cleaned and cut to [storage.MaxLogLine] over all its parts. Fields
// that do not fit behind the message are left out whole: a part of a JSON object is none.
func LogLine(l storage.LogLine) storage.LogLine {
	l.At = Cut(l.At)
	l.Level = CutText(l.Level, 32)
	l.Message = CutText(l.Message, storage.MaxLogLine-len(l.Level))
	l.Fields = Clean(l.Fields)
	if len(l.Level)+len(l.Message)+len(l.Fields) > storage.MaxLogLine {
		l.Fields = ""
	}
	return l
}

// LogLines says how many of n new lines are kept when the attempt has seen before
// lines already: the first [storage.MaxLogLines] are. The others are counted only.
func LogLines(before, n int) (keep int) {
	return max(min(n, storage.MaxLogLines-before), 0)
}
