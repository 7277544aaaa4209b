package redisstore

import (
	"encoding/binary"

	"github.com/gojobgen/jobgen/storage"
)

// pack writes what scripts read with cmsgpack.unpack. Lists and maps are begun with
// their length; the caller writes as many values behind.
type pack struct{ b []byte }

func (p *pack) list(n int) { p.head(n, 0x90, 15, 0xdc, 0xdd) }
func (p *pack) dict(n int) { p.head(n, 0x80, 15, 0xde, 0xdf) }

func (p *pack) head(n int, small byte, most int, two, four byte) {
	switch {
	case n <= most:
		p.b = append(p.b, small|byte(n))
	case n <= 0xffff:
		p.b = binary.BigEndian.AppendUint16(append(p.b, two), uint16(n))
	default:
		p.b = binary.BigEndian.AppendUint32(append(p.b, four), uint32(n))
	}
}

// text writes a string of any bytes.
func (p *pack) text(s string) {
	n := len(s)
	switch {
	case n <= 31:
		p.b = append(p.b, 0xa0|byte(n))
	case n <= 0xff:
		p.b = append(p.b, 0xd9, byte(n))
	case n <= 0xffff:
		p.b = binary.BigEndian.AppendUint16(append(p.b, 0xda), uint16(n))
	default:
		p.b = binary.BigEndian.AppendUint32(append(p.b, 0xdb), uint32(n))
	}
	p.b = append(p.b, s...)
}

func (p *pack) id(id storage.ID) { p.text(string(id[:])) }

func (p *pack) int(n int64) {
	switch {
	case n >= 0 && n < 128:
		p.b = append(p.b, byte(n))
	default:
		p.b = binary.BigEndian.AppendUint64(append(p.b, 0xd3), uint64(n))
	}
}

func (p *pack) null() { p.b = append(p.b, 0xc0) }

func (p *pack) flag(ok bool) {
	if ok {
		p.int(1)
	} else {
		p.int(0)
	}
}

// fields writes a map whose fields are not all there: the length is written at the end.
type fields struct {
	*pack
	at, n int
}

func (p *pack) fields() *fields {
	f := &fields{pack: p, at: len(p.b)}
	p.b = append(p.b, 0xde, 0, 0)
	return f
}

func (f *fields) key(name string) {
	f.n++
	f.pack.text(name)
}

func (f *fields) end() { binary.BigEndian.PutUint16(f.b[f.at+1:], uint16(f.n)) }
