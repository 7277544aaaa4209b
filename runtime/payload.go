package runtime

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/gojobgen/jobgen/runtime/internal/codec"
	"github.com/gojobgen/jobgen/storage"
)

// DecodeError is the failure of a job whose stored arguments do not fit its
// method any more. It is not retried.
type DecodeError struct {
	Kind  string
	Field string // path of the argument; empty when the payload is no JSON object
	Err   error
}

func (e *DecodeError) Error() string {
	if e.Field == "" {
		return fmt.Sprintf("%s: arguments do not decode: %v", e.Kind, e.Err)
	}
	return fmt.Sprintf("%s: argument %s does not decode: %v", e.Kind, e.Field, e.Err)
}

// Unwrap gives the decoder's error.
func (e *DecodeError) Unwrap() error { return e.Err }

func decodeError(kind string, err error) error {
	de := &DecodeError{Kind: kind, Err: err}
	if t, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		de.Field = t.Field
	}
	return de
}

func encodeResult(kind string, result any) ([]byte, error) {
	if _, none := result.(None); none {
		return nil, nil
	}
	data, err := codec.Marshal(result)
	if err != nil {
		return nil, NoRetry(fmt.Errorf("%s: encode result: %w", kind, err))
	}
	if len(data) > storage.MaxResult {
		return nil, NoRetry(fmt.Errorf("%s: %w: the result has %d bytes, the limit is %d; store it elsewhere and return a reference",
			kind, ErrTooLarge, len(data), storage.MaxResult))
	}
	return data, nil
}

// splice adds the parent's result to the arguments as the value of param. Where the
// arguments name param themselves, as after edit and retry, theirs stands. A payload
// that is no object is left as it is, for the decoder to complain about.
func splice(payload, input []byte, param string) []byte {
	rest := bytes.TrimSpace(payload)
	if len(rest) == 0 || rest[0] != '{' {
		return payload
	}
	rest = bytes.TrimLeft(rest[1:], " \t\r\n")
	key, _ := json.Marshal(param) // a string always has a JSON form
	out := make([]byte, 0, len(rest)+len(key)+len(input)+3)
	out = append(append(out, '{'), key...)
	out = append(append(out, ':'), input...)
	if len(rest) > 0 && rest[0] != '}' {
		out = append(out, ',') // a later value of a key wins
	}
	return append(out, rest...)
}
