package redisstore

import (
	"crypto/sha256"

	"github.com/gojobgen/jobgen/storage"
)

// n8 is what stands for a name in records and members: the first 8 bytes of its SHA-256,
// zero for the empty one.
func n8(name string) (n [8]byte) {
	if name != "" {
		sum := sha256.Sum256([]byte(name))
		copy(n[:], sum[:])
	}
	return n
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
