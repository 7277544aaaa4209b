package dashboard

import (
	"slices"

	"github.com/gojobgen/jobgen/storage"
)

// catalogue is what servers have published about the kinds they run, the latest first.
type catalogue []storage.KindInfo

// find is the entry for a job: with its fingerprint if there is one, else the
// latest of its kind.
func (c catalogue) find(kind, fingerprint string) (info storage.KindInfo, ok bool) {
	for _, k := range c {
		if k.Kind != kind && !slices.Contains(k.Aliases, kind) {
			continue
		}
		if k.Fingerprint == fingerprint {
			return k, true
		}
		if !ok {
			info, ok = k, true
		}
	}
	return info, ok
}

// param is a parameter's entry.
func param(info storage.KindInfo, name string) (storage.ParamInfo, bool) {
	i := slices.IndexFunc(info.Params, func(p storage.ParamInfo) bool { return p.Name == name })
	if i < 0 {
		return storage.ParamInfo{}, false
	}
	return info.Params[i], true
}

// secret reports whether any published version of the kind keeps the parameter
// secret, or its name says so.
func (c catalogue) secret(kind, name string) bool {
	if secretName(name) {
		return true
	}
	for _, k := range c {
		if k.Kind == kind || slices.Contains(k.Aliases, kind) {
			if p, ok := param(k, name); ok && p.Secret {
				return true
			}
		}
	}
	return false
}

// names lists the kinds once each, in order.
func (c catalogue) names() []string {
	var out []string
	for _, k := range c {
		out = append(out, k.Kind)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
