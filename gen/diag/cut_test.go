package diag

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// Of more findings than are shown the worst are, and every format counts the others.
func TestMost(t *testing.T) {
	var l List
	for i := range 100 {
		pos := Pos{File: "a.yaml", Line: i + 1}
		switch i {
		case 40, 90:
			l.Errorf(InvalidValue, pos, "error of line %d", i)
		case 80:
			l.Errorf(OverBudget, pos, "the end at line %d", i)
		case 50, 51, 52:
			l.Warnf(NoEffect, pos, "warning of line %d", i)
		default:
			l.Infof(HalfOpen, pos, "info of line %d", i)
		}
	}
	o := Options{Most: 4, More: "NPGEN_MAX_FINDINGS"}
	const rest = "2 more warnings, 94 more infos are not shown; set NPGEN_MAX_FINDINGS to show more"
	for _, f := range Formats() {
		got := write(t, l, f, o)
		for _, want := range []string{"error of line 40", "error of line 90", "the end at line 80", "warning of line 50"} {
			if !strings.Contains(got, want) {
				t.Errorf("%s: `%s` is missing in %s", f, want, got)
			}
		}
		for _, unwanted := range []string{"warning of line 51", "info of line"} {
			if strings.Contains(got, unwanted) {
				t.Errorf("%s: `%s` is shown", f, unwanted)
			}
		}
		if f != JSON && strings.Count(got, rest) != 1 {
			t.Errorf("%s does not count the rest once: %s", f, got)
		}
		if whole := write(t, l[:4], f, o); strings.Contains(whole, "not shown") {
			t.Errorf("%s of as many as may be: %s", f, whole)
		}
	}
	var counts struct{ Errors, Warnings, Infos, NotShown int }
	if err := json.Unmarshal([]byte(write(t, l, JSON, o)), &counts); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(counts); got != "{3 3 94 96}" {
		t.Errorf("json counts %s", got)
	}
	// The end of the work is shown before any other error.
	if got := write(t, l, Text, Options{Most: 1, More: "X"}); !strings.Contains(got, "the end") {
		t.Errorf("the worst is %s", got)
	}
}
