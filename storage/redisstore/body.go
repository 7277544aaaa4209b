package redisstore

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
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
func encodeBody(n *storage.NewJob) []byte {
	b := make([]byte, 0, 64+len(n.Payload)+len(n.Options))
	text := func(letter byte, value string) {
		if value != "" {
			b = append(b, letter)
			b = binary.AppendUvarint(b, uint64(len(value)))
			b = append(b, value...)
		}
	}
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
		text('y', string(n.Payload))
	}
	text('o', string(n.Options))
	for _, key := range slices.Sorted(maps.Keys(n.Metadata)) {
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

// decodeBody writes a body into j, whose slices it shares nothing with.
func decodeBody(j *storage.Job, body string) error {
	metaKey := ""
	for b := []byte(body); len(b) > 0; {
		letter := b[0]
		var text string
		var value int64
		if letter == 'c' || letter == 'd' || letter == 'F' || letter == 'U' || letter == 'M' || letter == 'P' || letter == 't' {
			v, n := binary.Varint(b[1:])
			if n <= 0 {
				return badBody(j.ID)
			}
			value, b = v, b[1+n:]
		} else {
			size, n := binary.Uvarint(b[1:])
			if n <= 0 || size > uint64(len(b)-1-n) {
				return badBody(j.ID)
			}
			text, b = string(b[1+n:1+n+int(size)]), b[1+n+int(size):]
		}
		switch letter {
		case 'k':
			j.Kind = text
		case 'f':
			j.Fingerprint = text
		case 'q':
			j.Queue = text
		case 'y':
			j.Payload = []byte(text)
		case 'o':
			j.Options = []byte(text)
		case 'm':
			metaKey = text
			setMeta(j, metaKey, "")
		case 'v':
			setMeta(j, metaKey, text)
		case 'c':
			j.On = storage.Condition(value)
		case 'i':
			j.InputParam = text
		case 'd':
			j.Delay = time.Duration(value)
		case 'r':
			j.Recurring = text
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
		j.Unique = &storage.Unique{Key: text}
	case letter == 'F' && j.Unique != nil:
		j.Unique.For = time.Duration(value)
	case letter == 'U' && j.Unique != nil:
		j.Unique.Until = storage.Until(value)
	case letter == 'l':
		j.Limits = append(j.Limits, storage.Limit{Key: text})
	case letter == 'M' && last >= 0:
		j.Limits[last].Max = int(value)
	case letter == 'P' && last >= 0:
		j.Limits[last].Per = time.Duration(value)
	}
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
