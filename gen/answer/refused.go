package answer

import (
	"bytes"
	"fmt"
	"io"

	"github.com/npgen/npgen/gen/flowlog"
)

// Refused is what is to be said of the refused flows of a log.
type Refused struct {
	Log   *flowlog.Log
	Flows []flowlog.Refused
}

// Missing reports whether an edge is missing for some flow.
func (r Refused) Missing() bool {
	for _, f := range r.Flows {
		if f.Kind == flowlog.Missing {
			return true
		}
	}
	return false
}

type refusedJSON struct {
	Flows   []refusedFlowJSON `json:"flows"`
	Formats []string          `json:"formats"`
	Passed  int               `json:"passed"`
	Replies int               `json:"replies"`
	Other   int               `json:"other"`
	Unread  int               `json:"unread"`
	Lost    int               `json:"lost"`
}

type refusedFlowJSON struct {
	Flow      string   `json:"flow"`
	Verdict   string   `json:"verdict"`
	Why       string   `json:"why"`
	Edge      string   `json:"edge"`
	Declare   string   `json:"declare"`
	File      string   `json:"file"`
	Line      int      `json:"line"`
	Count     int      `json:"count"`
	Last      string   `json:"last"`
	Direction string   `json:"direction"`
	By        []string `json:"by"`
	At        int      `json:"logLine"`
}

// Write writes the flows, the most frequent first.
func (r Refused) Write(w io.Writer, format string) error {
	if format == "json" {
		out := refusedJSON{[]refusedFlowJSON{}, notNil(r.Log.Formats), r.Log.Passed, r.Log.Replies, r.Log.Other, r.Log.Unread, r.Log.Lost}
		for _, f := range r.Flows {
			out.Flows = append(out.Flows, refusedFlowJSON{
				f.Text, string(f.Kind), f.Why, f.Edge, f.More, f.Where.File, f.Where.Line, f.Count, f.Last, f.Direction, notNil(f.By), f.Line,
			})
		}
		return writeJSON(w, out)
	}
	var b bytes.Buffer
	for _, f := range r.Flows {
		line := fmt.Sprintf("%s, %s", f.Text, times(f.Count))
		if f.Last != "" {
			line += ", last " + f.Last
		}
		printf(&b, "%s", line)
		printf(&b, "  %s: %s", f.Kind, f.Why)
		if f.More != "" {
			printf(&b, "  declare `%s`", f.More)
		}
		if f.Edge != "" {
			where := ""
			if f.Where.IsValid() {
				where = " at " + f.Where.String()
			}
			printf(&b, "  write `%s` into `allow`%s", f.Edge, where)
		}
	}
	if len(r.Flows) == 0 {
		printf(&b, "no flow of the log was refused by a policy")
	}
	_, err := w.Write(b.Bytes())
	return err
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// Doubts says what of the log is less than all, a line each.
func (r Refused) Doubts() []string {
	var out []string
	if n := r.Log.Lost; n > 0 {
		out = append(out, fmt.Sprintf("the log has lost %d events: there may be more refused flows", n))
	}
	if n := r.Log.Unread; n > 0 {
		out = append(out, fmt.Sprintf("%s, the first is line %d", counted(n, "line")+" could not be read", r.Log.FirstUnread))
	}
	if n := r.Log.Other; n > 0 {
		out = append(out, counted(n, "drop")+" for other reasons than a policy, or without ports")
	}
	return out
}
