package storage

import (
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"sync/atomic"
	"time"
)

// ID names a job, a batch or a session. It is a UUID of version 7: 60 bits of
// time, then random bits, of which the last 14 are the lane (see [ID.Lane]).
// Clients make ids, so a handle exists before anything is stored and a repeated
// insert is harmless. Ids of one process rise; across processes they do not, so
// a queue is never ordered by id.
type ID [16]byte

// LaneBits is how many low bits of an [ID] hold its lane.
const LaneBits = 14

const laneMask = 1<<LaneBits - 1

var lastTick atomic.Uint64

// NewID makes an id in a random lane. It never fails and is safe for concurrent use.
func NewID() ID { return NewIDIn(uint16(rand.Uint64() & laneMask)) }

// NewIDIn makes an id in the given lane; bits above [LaneBits] are ignored.
func NewIDIn(lane uint16) ID {
	ticks := nextTick()
	low := rand.Uint64()&^laneMask | uint64(lane)&laneMask
	var id ID
	ms, frac := ticks>>12, ticks&0xfff
	id[0], id[1], id[2] = byte(ms>>40), byte(ms>>32), byte(ms>>24)
	id[3], id[4], id[5] = byte(ms>>16), byte(ms>>8), byte(ms)
	id[6], id[7] = 0x70|byte(frac>>8), byte(frac)
	for i := range 8 {
		id[8+i] = byte(low >> (56 - 8*i))
	}
	id[8] = id[8]&0x3f | 0x80
	return id
}

// nextTick is the time in 1/4096 ms, made strictly rising within the process
// (RFC 9562 section 6.2, method 3).
func nextTick() uint64 {
	now := time.Now()
	ns := uint64(now.UnixNano())
	tick := ns/1e6<<12 | ns%1e6*4096/1e6
	for {
		last := lastTick.Load()
		next := max(tick, last+1)
		if lastTick.CompareAndSwap(last, next) {
			return next
		}
	}
}

// LaneOf is the lane of what is keyed by a name: a recurring job, a unique or limit key.
func LaneOf(name string) uint16 {
	h := fnv.New32a()
	h.Write([]byte(name))
	return uint16(h.Sum32()) & laneMask
}

// IsZero reports whether id is the zero id, which names nothing.
func (id ID) IsZero() bool { return id == ID{} }

// Lane is the part of the id that says where a store with lanes keeps the job.
// It never changes. Jobs of one call share the lane of their parent, so that one
// call is one atomic step on a Redis Cluster slot.
func (id ID) Lane() uint16 { return (uint16(id[14])<<8 | uint16(id[15])) & laneMask }

// Time is when the id was made, to the millisecond, by the maker's clock.
func (id ID) Time() time.Time {
	var ms int64
	for _, b := range id[:6] {
		ms = ms<<8 | int64(b)
	}
	return time.UnixMilli(ms).UTC()
}

// String is the id in the usual 36-character UUID form.
func (id ID) String() string {
	var buf [36]byte
	id.put(&buf)
	return string(buf[:])
}

func (id ID) put(buf *[36]byte) {
	hex.Encode(buf[0:8], id[0:4])
	hex.Encode(buf[9:13], id[4:6])
	hex.Encode(buf[14:18], id[6:8])
	hex.Encode(buf[19:23], id[8:10])
	hex.Encode(buf[24:36], id[10:16])
	buf[8], buf[13], buf[18], buf[23] = '-', '-', '-', '-'
}

// ParseID reads the form that [ID.String] writes, in either letter case.
func ParseID(text string) (ID, error) {
	var id ID
	if len(text) != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-' {
		return ID{}, badID(text)
	}
	raw := []byte(text[0:8] + text[9:13] + text[14:18] + text[19:23] + text[24:36])
	if _, err := hex.Decode(id[:], raw); err != nil {
		return ID{}, badID(text)
	}
	return id, nil
}

func badID(text string) error {
	if len(text) > 60 {
		text = text[:60] + "..."
	}
	return fmt.Errorf("%w: %q is not an id of the form 01234567-89ab-7def-8123-456789abcdef", ErrInvalid, text)
}

// MarshalText implements [encoding.TextMarshaler].
func (id ID) MarshalText() ([]byte, error) {
	var buf [36]byte
	id.put(&buf)
	return buf[:], nil
}

// UnmarshalText implements [encoding.TextUnmarshaler]; an empty text gives the zero id.
func (id *ID) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*id = ID{}
		return nil
	}
	parsed, err := ParseID(string(text))
	*id = parsed
	return err
}
