// Package pgstore keeps jobs in a PostgreSQL database, version 14 or later.
package pgstore
