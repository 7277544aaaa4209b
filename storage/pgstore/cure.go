package pgstore

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// cures are what to do about errors of PostgreSQL, by code or class of codes.
var cures = map[string]string{
	"3D000": "create the database, or give another name in the connection string",
	"42P01": "the tables are missing: let New migrate, or run jobctl migrate",
	"42501": "give the role the rights to read and write the tables, and to create them where it migrates",
	"28":    "check the user and the password of the connection string",
	"53":    "the server has no room left: more connections, disk or memory",
	"55P03": "another transaction holds the lock: end it",
	"25006": "the server is read-only: connect to the primary",
	"57P01": "the server was shut down: it is tried again",
}

// cure adds to an error of PostgreSQL what to do about it.
func cure(err error) error {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return err
	}
	hint := cures[e.Code]
	if hint == "" && len(e.Code) == 5 {
		hint = cures[e.Code[:2]]
	}
	if hint == "" || strings.Contains(err.Error(), hint) {
		return err
	}
	return fmt.Errorf("%w; %s", err, hint)
}

// Cure adds to an error of PostgreSQL what to do about it.
func (d *database) Cure(err error) error { return cure(err) }
