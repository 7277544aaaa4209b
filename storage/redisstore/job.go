package redisstore

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"

	"github.com/gojobgen/jobgen/storage"
)

// Places in a row, which is how scripts answer with a job (lua/lookrow.lua). Lists leave
// out what is behind rowPayload.
const (
	rowRecord = iota
	rowBody
	rowFailure
	rowProgress
	rowHeld
	rowMore
	rowPayload
	rowInput
	rowCheckpoint
	rowResult
	rowLen
)

// decodeRow makes a job of a row.
func decodeRow(id storage.ID, row []any) (j storage.Job, err error) {
	parts := make([]any, rowLen)
	copy(parts, row)
	j.ID = id
	if err := record(asString(parts[rowRecord])).fill(&j); err != nil {
		return j, err
	}
	if err := decodeBody(&j, asString(parts[rowBody])); err != nil {
		return j, err
	}
	if j.State != storage.Awaiting {
		j.Delay = 0
	}
	j.Held = asString(parts[rowHeld])
	if text := asString(parts[rowFailure]); text != "" {
		if j.Failure, err = decodeFailure(text); err != nil {
			return j, fmt.Errorf("%w of job %s", err, id)
		}
	}
	if p := asString(parts[rowProgress]); len(p) >= 8 {
		j.Progress = &storage.Progress{Percent: math.Float64frombits(binary.BigEndian.Uint64([]byte(p))), Note: p[8:]}
	}
	if m := asList(parts[rowMore]); len(m) >= 2 {
		j.Batch, j.InputFrom = asID(m[0]), asID(m[1])
		for _, e := range edgesOf(m) {
			j.Parents = append(j.Parents, e.Job)
		}
	}
	if p := asString(parts[rowPayload]); p != "" {
		n := 1 + int(p[0])
		j.Fingerprint, j.Payload = p[1:n], []byte(p[n:])
	}
	j.Input, j.Checkpoint, j.Result = asBytes(parts[rowInput]), asBytes(parts[rowCheckpoint]), asBytes(parts[rowResult])
	return j, nil
}

// listed is a row as lists show it.
func listed(id storage.ID, row []any) (storage.Job, error) {
	j, err := decodeRow(id, row)
	j.Payload, j.Input, j.Result, j.Options, j.Checkpoint = nil, nil, nil, nil, nil
	return j, err
}

// edgesOf are the bonds to parents in the field rowMore of a row. Their kinds and states
// are not in it.
func edgesOf(more []any) (edges []storage.Edge) {
	if len(more) < 2 {
		return nil
	}
	for e := more[2:]; len(e) >= 5; e = e[5:] {
		edges = append(edges, storage.Edge{
			Job: asID(e[0]), Ended: storage.State(asInt(e[1])), Run: int(asInt(e[2])), Batch: asInt(e[4]) != 0,
		})
	}
	return edges
}

func decodeFailure(text string) (*storage.Failure, error) {
	var f storage.Failure
	if err := json.Unmarshal([]byte(text), &f); err != nil {
		return nil, fmt.Errorf("redisstore: a failure is damaged: %w", err)
	}
	return &f, nil
}
