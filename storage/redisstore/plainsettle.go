package redisstore

import (
	"context"
	"encoding/binary"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

var plainSettleScript = lazySafe("plain_settle")

// plainOutcome reports whether an outcome is a success that tells no more than a result.
func plainOutcome(o *storage.Outcome) bool {
	return o.Kind == storage.Succeed && o.Reason == "" && o.Progress == nil && len(o.Logs) == 0 && rules.Storable(*o)
}

// plain settles what the plain script can, and leaves the rest in p.
func (t *telling) plain(ctx context.Context, sh *shard, p *told) error {
	plain, full := p.split()
	if len(plain) == 0 {
		return nil
	}
	started := make([]byte, 0, 20*len(p.started))
	for _, token := range p.started {
		started = append(started, token.Job[:]...)
		started = binary.BigEndian.AppendUint32(started, uint32(token.Fetch))
	}
	args := make([]any, 0, 2+3*len(plain))
	args = append(args, t.session[:], started)
	about := make([]byte, 0, 18*len(plain))
	for _, i := range plain {
		o := p.outcomes[i]
		from := len(about)
		about = binary.BigEndian.AppendUint32(about, uint32(o.Token.Fetch))
		about = binary.BigEndian.AppendUint64(about, uint64(max(o.Duration, 0)))
		about = append(about, be6(min(retainMS(o.Retain), maxTime))...)
		args = append(args, o.Token.Job[:], about[from:len(about):len(about)], o.Result)
	}
	reply, err := sh.run(ctx, plainSettleScript(), args...)
	if err != nil {
		return err
	}
	p.started = nil
	left := []byte(asString(reply))
	for k, i := range plain {
		if len(left) >= 2 && int(binary.BigEndian.Uint16(left)) == k {
			left = left[2:]
			full = append(full, i)
			continue
		}
		t.verdicts[p.which[i]] = storage.Accepted
	}
	p.keep(full)
	return nil
}

// split gives the places of the outcomes that the plain script may take, and of the
// others. Where one job has several outcomes, their order matters: the full script takes
// all.
func (p *told) split() (plain, full []int) {
	for i, o := range p.outcomes {
		if plainOutcome(o) && len(plain) < maxPlainSettle {
			plain = append(plain, i)
		} else {
			full = append(full, i)
		}
	}
	if len(full) == 0 || len(plain) == 0 {
		return plain, full
	}
	seen := make(map[storage.ID]bool, len(full))
	for _, i := range full {
		seen[p.outcomes[i].Token.Job] = true
	}
	for _, i := range plain {
		if seen[p.outcomes[i].Token.Job] {
			return nil, nil
		}
	}
	return plain, full
}

// maxPlainSettle is how many outcomes share a run of the plain script.
const maxPlainSettle = 2000

// keep leaves only the outcomes at these places, in their order.
func (p *told) keep(places []int) {
	outcomes, which := make([]*storage.Outcome, len(places)), make([]int, len(places))
	for k, i := range places {
		outcomes[k], which[k] = p.outcomes[i], p.which[i]
	}
	p.outcomes, p.which = outcomes, which
}
