package dashboard

import "errors"

// Role is what a [Principal] may do. The zero Role may do nothing.
type Role uint8

// The roles; each includes those before it.
const (
	Viewer   Role = iota + 1 // sees everything but secrets
	Operator                 // retries, runs now, cancels, triggers, pauses, resumes
	Admin                    // deletes
)

var roleNames = [...]string{"none", "viewer", "operator", "admin"}

// String is the role's name in lower case.
func (r Role) String() string {
	if int(r) < len(roleNames) {
		return roleNames[r]
	}
	return "unknown role"
}

// Principal is who makes a request.
type Principal struct {
	Name string // for the audit and the job's history
	Role Role
}

// by is the name for a job's history.
func (p Principal) by() string {
	if p.Name == "" {
		return "dashboard"
	}
	return p.Name
}

// may reports whether p's role includes need.
func (p Principal) may(need Role) bool { return p.Role >= need && p.Role <= Admin }

var errForbidden = errors.New("role does not allow this action")
