package redisstore

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// The body of a job is what never changes, written once by Insert: fields as a letter
// and their value, texts and bytes with their length as a uvarint before them. Fields
// that are empty are left out. Scripts do not look into it.

// maxInline is the largest payload that is kept in the body, which lists read; larger
// ones are a part of the job.
const maxInline = 4 << 10

// encodeBody is the body of a new job. Batch and Parents are in more, for scripts.
func encodeBody(n *storage.NewJob) []byte { return appendBody(make([]byte, 0, bodySize(n)), n) }

// bodySize is about how long a body becomes.
func bodySize(n *storage.NewJob) int {
	return 32 + len(n.Kind) + len(n.Queue) + len(n.Fingerprint) + len(n.Payload) + len(n.Options)
}

func appendText[T string | []byte](b []byte, letter byte, value T) []byte {
	if len(value) == 0 {
		return b
	}
	b = append(b, letter)
	b = binary.AppendUvarint(b, uint64(len(value)))
	return append(b, value...)
}

func appendBody(b []byte, n *storage.NewJob) []byte {
	text := func(letter byte, value string) { b = appendText(b, letter, value) }
	number := func(letter byte, value int64) {
		if value != 0 {
			b = append(b, letter)
			b = binary.AppendVarint(b, value)
		}
	}
	text('k', n.Kind)
	text('f', n.Fingerprint)
	text('q', n.Queue)
	if len(n.Payload) <= maxInline {
		b = appendText(b, 'y', n.Payload)
	}
	b = appendText(b, 'o', n.Options)
	for _, key := range sortedKeys(n.Metadata) {
		text('m', key)
		text('v', n.Metadata[key])
	}
	number('c', int64(n.On))
	text('i', n.InputParam)
	if n.Due.At.IsZero() && len(n.Parents) > 0 {
		number('d', int64(max(n.Due.In, 0).Truncate(time.Millisecond)))
	}
	if u := n.Unique; u != nil {
		text('u', u.Key)
		number('F', int64(u.For))
		number('U', int64(u.Until))
	}
	for _, l := range n.Limits {
		text('l', l.Key)
		number('M', int64(l.Max))
		number('P', int64(l.Per))
	}
	text('r', n.Recurring)
	if !n.Occurrence.IsZero() {
		b = append(b, 't')
		b = binary.AppendVarint(b, rules.Cut(n.Occurrence).UnixMilli())
	}
	return b
}

func sortedKeys(m map[string]string) []string {
	if len(m) == 0 {
		return nil
	}
	return slices.Sorted(maps.Keys(m))
}

// decodeBody writes a body into j, whose slices it shares nothing with.
func decodeBody(j *storage.Job, body string) error {
	metaKey := ""
	for b := body; len(b) > 0; {
		letter := b[0]
		var text string // a part of body, which is to be let go
		var value int64
		if letter == 'c' || letter == 'd' || letter == 'F' || letter == 'U' || letter == 'M' || letter == 'P' || letter == 't' {
			v, n := uvarint(b[1:])
			if n <= 0 {
				return badBody(j.ID)
			}
			value, b = int64(v>>1)^-int64(v&1), b[1+n:]
		} else {
			size, n := uvarint(b[1:])
			if n <= 0 || size > uint64(len(b)-1-n) {
				return badBody(j.ID)
			}
			text, b = b[1+n:1+n+int(size)], b[1+n+int(size):]
		}
		switch letter {
		case 'k':
			j.Kind = nameTexts.of(text)
		case 'f':
			j.Fingerprint = nameTexts.of(text)
		case 'q':
			j.Queue = nameTexts.of(text)
		case 'y':
			j.Payload = []byte(text)
		case 'o':
			j.Options = []byte(text)
		case 'm':
			metaKey = strings.Clone(text)
			setMeta(j, metaKey, "")
		case 'v':
			setMeta(j, metaKey, strings.Clone(text))
		case 'c':
			j.On = storage.Condition(value)
		case 'i':
			j.InputParam = strings.Clone(text)
		case 'd':
			j.Delay = time.Duration(value)
		case 'r':
			j.Recurring = strings.Clone(text)
		case 't':
			j.Occurrence = time.UnixMilli(value).UTC()
		default:
			decodeKeys(j, letter, text, value)
		}
	}
	return nil
}

// decodeKeys takes the fields about unique and limit keys.
func decodeKeys(j *storage.Job, letter byte, text string, value int64) {
	last := len(j.Limits) - 1
	switch {
	case letter == 'u':
		j.Unique = &storage.Unique{Key: strings.Clone(text)}
	case letter == 'F' && j.Unique != nil:
		j.Unique.For = time.Duration(value)
	case letter == 'U' && j.Unique != nil:
		j.Unique.Until = storage.Until(value)
	case letter == 'l':
		j.Limits = append(j.Limits, storage.Limit{Key: strings.Clone(text)})
	case letter == 'M' && last >= 0:
		j.Limits[last].Max = int(value)
	case letter == 'P' && last >= 0:
		j.Limits[last].Per = time.Duration(value)
	}
}

// uvarint is binary.Uvarint of a string.
func uvarint(s string) (v uint64, n int) {
	for shift := uint(0); n < len(s) && shift < 64; shift += 7 {
		c := s[n]
		n++
		v |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return v, n
		}
	}
	return 0, 0
}

func setMeta(j *storage.Job, key, value string) {
	if j.Metadata == nil {
		j.Metadata = make(map[string]string)
	}
	j.Metadata[key] = value
}

func badBody(id storage.ID) error {
	return fmt.Errorf("redisstore: the body of job %s is damaged: something else wrote it", id)
}
