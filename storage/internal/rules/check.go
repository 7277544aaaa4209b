package rules

import (
	"fmt"

	"github.com/gojobgen/jobgen/storage"
)

// invalid is an [storage.ErrInvalid] that says what is wrong with field and how to mend it.
func invalid(field, format string, args ...any) error {
	return fmt.Errorf("%w: %s %s", storage.ErrInvalid, field, fmt.Sprintf(format, args...))
}

// tooLarge is an [storage.ErrTooLarge] with the size, its limit and the cure.
func tooLarge(field string, size, limit int, unit, cure string) error {
	return fmt.Errorf("%w: %s has %d %s, the limit is %d: %s", storage.ErrTooLarge, field, size, unit, limit, cure)
}

// Name checks an optional name: text of at most [storage.MaxName] bytes.
func Name(field, value string) error {
	if len(value) > storage.MaxName {
		return tooLarge(field, len(value), storage.MaxName, "bytes", "use a shorter one")
	}
	if !IsText(value) {
		return invalid(field, "is not UTF-8 or holds a NUL byte: %.60q", value)
	}
	return nil
}

// Required checks a name that must not be empty.
func Required(field, value string) error {
	if value == "" {
		return invalid(field, "is empty: it is required")
	}
	return Name(field, value)
}

// id checks that an id is given.
func id(field string, value storage.ID) error {
	if value.IsZero() {
		return invalid(field, "is zero: make one with storage.NewID")
	}
	return nil
}

// size checks the size of what is kept as bytes.
func size(field string, value []byte, limit int, cure string) error {
	if len(value) > limit {
		return tooLarge(field, len(value), limit, "bytes", cure)
	}
	return nil
}

// metadata checks that keys and values are text, and their size together.
func metadata(values map[string]string) error {
	total := 0
	for k, v := range values {
		if !IsText(k) || !IsText(v) {
			return invalid("Metadata", "of key %.60q is not UTF-8 or holds a NUL byte", k)
		}
		total += len(k) + len(v)
	}
	if total > storage.MaxMetadata {
		return tooLarge("Metadata", total, storage.MaxMetadata, "bytes", "keep only references in it")
	}
	return nil
}

func metadataSize(values map[string]string) (total int) {
	for k, v := range values {
		total += len(k) + len(v)
	}
	return total
}

// first is the first error, or nil.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
