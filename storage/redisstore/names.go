package redisstore

import (
	"crypto/sha256"
	"sync"

	"github.com/gojobgen/jobgen/storage"
)

// n8 is what stands for a name in records and members: the first 8 bytes of its SHA-256,
// zero for the empty one.
func n8(name string) (n [8]byte) {
	if name == "" {
		return n
	}
	n8Known.mu.RLock()
	n, ok := n8Known.all[name]
	n8Known.mu.RUnlock()
	if ok {
		return n
	}
	sum := sha256.Sum256([]byte(name))
	copy(n[:], sum[:])
	n8Known.mu.Lock()
	defer n8Known.mu.Unlock()
	if n8Known.all == nil || len(n8Known.all) >= mostInterned {
		n8Known.all = make(map[string][8]byte)
	}
	n8Known.all[name] = n
	return n
}

// n8Known are the sums that were made.
var n8Known struct {
	mu  sync.RWMutex
	all map[string][8]byte
}

func n8s(name string) string {
	n := n8(name)
	return string(n[:])
}

// refsOf is what a set of kinds reads, as scripts take it: N8 of the kind and of the
// fingerprint, 16 bytes each, one behind the other.
func refsOf(set *storage.KindSet) []byte {
	refs := make([]byte, 0, 16*len(set.Refs()))
	for _, r := range set.Refs() {
		k, p := n8(r.Kind), n8(r.Fingerprint)
		refs = append(append(refs, k[:]...), p[:]...)
	}
	return refs
}
