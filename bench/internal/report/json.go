package report

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
)

// line is a row as JSON.
type line struct {
	Store     string     `json:"store"`
	Scenario  string     `json:"scenario"`
	Peer      string     `json:"peer"`
	Jobgen    float64    `json:"jobgen"`
	PeerValue float64    `json:"peer_value"`
	Unit      string     `json:"unit"`
	Ratio     float64    `json:"ratio"`
	Runs      int        `json:"runs"`      // of each side; the values are medians
	Jobs      int        `json:"jobs"`      // in our median run
	PeerJobs  int        `json:"peer_jobs"` // in the peer's
	Range     [2]float64 `json:"jobgen_range"`
	PeerRange [2]float64 `json:"peer_range"`
	Note      string     `json:"note,omitempty"`
	PeerNote  string     `json:"peer_note,omitempty"`
}

// JSON writes the rows that have a peer, one object a line.
func JSON(w io.Writer, rows []Row) error {
	enc := json.NewEncoder(w)
	for _, r := range rows {
		if r.Peer == "" {
			continue
		}
		err := enc.Encode(line{
			Store: r.Store, Scenario: r.Scenario, Peer: r.Peer, Unit: r.Ours.Unit,
			Jobgen: round(r.Ours.Value), PeerValue: round(r.Theirs.Value), Ratio: round(r.Ratio),
			Runs: min(r.Ours.Runs, r.Theirs.Runs), Jobs: r.Ours.Jobs, PeerJobs: r.Theirs.Jobs,
			Range: [2]float64{round(r.Ours.Min), round(r.Ours.Max)}, PeerRange: [2]float64{round(r.Theirs.Min), round(r.Theirs.Max)},
			Note: r.Ours.Note, PeerNote: r.Theirs.Note,
		})
		if err != nil {
			return fmt.Errorf("report: %w", err)
		}
	}
	return nil
}

// round keeps four digits before or after the point.
func round(v float64) float64 {
	if math.Abs(v) >= 1000 {
		return math.Round(v)
	}
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 4, 64), 64)
	if err != nil {
		return v // not a number
	}
	return rounded
}
