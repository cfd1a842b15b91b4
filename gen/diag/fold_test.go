package diag

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// alike is what a comprehension, a gradual rollout and one owner make, beside findings that only look alike.
func alike() List {
	var l List
	at := func(line, col int) Pos { return Pos{File: "shop.cue", Line: line, Col: col} }
	for i := range 8 {
		l.Errorf(UnknownName, at(3, 9), "`t%d/dbb` is not declared", i).WithHelp("did you mean `t%d/db`?", i)
	}
	l.Errorf(UnknownName, at(3, 20), "`other` is not declared")
	l.Errorf(UnknownName, at(3, 9), "the name `x` stands for nothing")
	l.Warnf(NoEffect, at(4, 1), "the edge `a -> b` emits nothing")
	l.Warnf(NoEffect, at(5, 1), "the edge `c -> d` emits nothing")
	for i := range 7 {
		l.Infof(NoEffect, at(6+i, 2), "the edge `w%d -> b` emits nothing", i)
	}
	l.Infof(NoEffect, Pos{File: "pay.cue", Line: 1, Col: 2}, "the edge `p -> q` emits nothing")
	l.Infof(Unused, at(7, 2), "nobody uses `a`")
	for i := range 2 {
		l.Errorf(NotGranted, at(30+i, 1), "`e%d` is not granted", i).WithRelated(at(1, 1), "owned here").WithRelated(at(1, 1), "owned here")
	}
	l.Errorf(NotGranted, at(32, 1), "`e` is not granted").WithRelated(at(2, 1), "owned here")
	return l
}

func TestFold(t *testing.T) {
	const want = "pay.cue:1:2: info: the edge `p -> q` emits nothing [no-effect]\n" +
		"  and 7 more: `w0 -> b` (shop.cue:6:2), `w1 -> b` (shop.cue:7:2), `w2 -> b` (shop.cue:8:2), `w3 -> b` (shop.cue:9:2), `w4 -> b` (shop.cue:10:2) and 2 more\n" +
		"shop.cue:3:9: error: `t0/dbb` is not declared [unknown-name]\n" +
		"  help: did you mean `t0/db`?\n" +
		"  and 7 more here: `t1/dbb`, `t2/dbb`, `t3/dbb`, `t4/dbb`, `t5/dbb` and 2 more\n" +
		"shop.cue:3:9: error: the name `x` stands for nothing [unknown-name]\n" +
		"shop.cue:3:20: error: `other` is not declared [unknown-name]\n" +
		"shop.cue:4:1: warning: the edge `a -> b` emits nothing [no-effect]\n" +
		"shop.cue:5:1: warning: the edge `c -> d` emits nothing [no-effect]\n" +
		"shop.cue:7:2: info: nobody uses `a` [unused]\n" +
		"shop.cue:30:1: error: `e0` is not granted [not-granted]\n" +
		"  shop.cue:1:1: owned here\n" +
		"shop.cue:31:1: error: `e1` is not granted [not-granted]\n" +
		"shop.cue:32:1: error: `e` is not granted [not-granted]\n" +
		"  shop.cue:2:1: owned here\n"
	if diff := cmp.Diff(want, write(t, alike(), Text, Options{Fold: true})); diff != "" {
		t.Error(diff)
	}
}

// TestFoldText sees that people are told of as many findings as there are, and that all other formats have each.
func TestFoldText(t *testing.T) {
	l := alike()
	if got := strings.Count(write(t, l, Text, Options{}), "\n"); got != len(l)+8+5 {
		t.Errorf("%d lines without folding", got)
	}
	for _, f := range Formats() {
		if f == Text {
			continue
		}
		got := write(t, l, f, Options{Fold: true})
		if whole := write(t, l, f, Options{}); got != whole {
			t.Errorf("%s differs:\n%s", f, cmp.Diff(whole, got))
		}
		for i := range 8 {
			if name := fmt.Sprintf("t%d/dbb", i); !strings.Contains(got, name) {
				t.Errorf("%s does not tell of %s", f, name)
			}
		}
	}
}

// Objects of a manifest tell findings at one unknown place apart.
func TestFoldObjects(t *testing.T) {
	var l List
	for _, name := range []string{"a", "b"} {
		l.Warnf(OpenToAll, Pos{File: "dump.yaml", Object: &Object{Kind: "NetworkPolicy", Namespace: "shop", Name: name}}, "the rule `%s` lets everybody in", name)
	}
	if got := write(t, l, Text, Options{Fold: true}); strings.Contains(got, "more") {
		t.Errorf("folded:\n%s", got)
	}
}
