//go:build linux

package packets

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/npgen/npgen/e2e/cluster"
	"github.com/npgen/npgen/e2e/tool"
)

// Before, cache may call api alone and db2 takes everybody; after, db2 takes api alone and cache may call anybody. So cache
// to db2 is closed on both sides, by another half. All else is kept, but in other objects: one an edge.
const rolledFrom = `package policy

namespace: "shop"
deny:      "workload"
workloads: {
	web: {isolate: "egress"}
	api: {isolate: "both", ports: http: 8080}
	cache: isolate: "egress"
	db: {isolate: "ingress", ports: sql: 5432}
	db2: {isolate: "none", ports: sql: 5432}
}
allow: ["web -> api", "web -> db", "api -> db", "api -> db2", "cache -> api"]
`

const rolledTo = `package policy

namespace: "shop"
deny:      "workload"
workloads: {
	web: {isolate: "both", ports: http: 8080}
	api: {isolate: "both", ports: http: 8080}
	cache: isolate: "none"
	db: {isolate: "ingress", ports: sql: 5432}
	db2: {isolate: "ingress", ports: sql: 5432}
}
allow: ["web -> api", "web -> db", "api -> db", "api -> db2", "cache -> api", "any -> web"]
output: grouping: "edge"
`

// rollout runs the script of a plan, with all flows that it is to keep or to leave closed probed the whole time: none is
// cut, and none is open, ever. Then it goes the same way step by step in orders that nobody planned, where both must
// happen: else the probes would not see it.
func (b *bench) rollout(t *testing.T) {
	s := b.set(t, scenario{
		name:  "rollout",
		pods:  []cluster.Pod{pod("shop/web"), pod("shop/api"), pod("shop/cache"), pod("shop/db"), pod("shop/db2"), dns()},
		ports: []string{"8080", "5432"},
	})
	from, to := folder(t, rolledFrom), folder(t, rolledTo)
	before, after := s.list("", from), s.list("", to)
	if n := len(keptIn(before, after)); n < 8 {
		t.Fatalf("%d flows are kept", n)
	}
	old := s.run("", "build", "-q", from)
	start := func(step string) {
		t.Helper()
		took := s.change(before, func() error {
			// What a script applied on the server is nothing that `kubectl apply --prune` finds.
			if err := s.apply(""); err != nil {
				return err
			}
			return s.apply(old)
		})
		s.check(step, before, took)
	}

	start("the old policies")
	script := s.run("", "rollout", from, to, "--format", "sh")
	dir := t.TempDir()
	tool.Write(t, dir, map[string]string{"rollout.sh": script, "slowly.sh": slowly})
	seen := s.during(before, after, func() error {
		out, said, err := s.Run(dir, "", []string{"WAIT=3"}, "sh", "slowly.sh")
		if err != nil {
			return fmt.Errorf("%w\n%s%s", err, out, said)
		}
		t.Logf("%s", out)
		return nil
	})
	s.check("the script of a rollout: "+seen.String(), after, nil)
	if len(seen.cut)+len(seen.opened) > 0 {
		t.Errorf("on the way it cut %q and opened %q", seen.names(seen.cut), seen.names(seen.opened))
	}
	if seen.rounds < 10 {
		t.Errorf("only %d rounds of probes", seen.rounds)
	}

	// The control: what is gone first, then what is new in the order of the stream.
	start("the old policies again")
	seen = s.during(before, after, func() error { return s.naively(t, old, s.run("", "build", "-q", to)) })
	s.check("without a plan: "+seen.String(), after, nil)
	if len(seen.cut) == 0 || len(seen.opened) == 0 {
		t.Errorf("without a plan it cut %q and opened %q: the probes see nothing", seen.names(seen.cut), seen.names(seen.opened))
	}
}

// slowly runs a script so that each state between two steps is there long enough to be seen.
const slowly = `set -eu
cat > slow-kubectl <<END
#!/bin/sh
"$KUBECTL" "\$@"
sleep 2
END
chmod 755 slow-kubectl
KUBECTL=./slow-kubectl sh rollout.sh
`

// naively deletes what is not among the new objects, and then applies those one by one.
func (s *stage) naively(t *testing.T, old, new string) error {
	dir := t.TempDir()
	names := func(stream string) []string {
		var out []string
		for object := range strings.SplitSeq(stream, "---\n") {
			_, rest, _ := strings.Cut(object, "\n  name: ")
			name, _, _ := strings.Cut(rest, "\n")
			out = append(out, name)
		}
		return out
	}
	stays := names(new)
	for _, name := range names(old) {
		if slices.Contains(stays, name) {
			continue
		}
		if _, err := s.Kubectl(dir, "", "delete", "networkpolicy", "-n", "shop", name); err != nil {
			return err
		}
	}
	time.Sleep(2 * time.Second) // for the engine and the probes
	for object := range strings.SplitSeq(new, "---\n") {
		if _, err := s.Kubectl(dir, object, "apply", "-f", "-"); err != nil {
			return err
		}
		time.Sleep(2 * time.Second)
	}
	return nil
}

// watched is what was seen of flows while something went on.
type watched struct {
	rounds      int
	kept        int
	cut, opened map[flow]int
}

func (w *watched) String() string {
	return fmt.Sprintf("%d times %d kept flows, %d cut, %d opened", w.rounds, w.kept, len(w.cut), len(w.opened))
}

func (w *watched) names(flows map[flow]int) []string {
	var out []string
	for f, n := range flows {
		out = append(out, fmt.Sprintf("%s %dx", f, n))
	}
	slices.Sort(out)
	return out
}

// keptIn returns the flows that both sides allow.
func keptIn(before, after matrix) matrix {
	out := maps.Clone(before)
	maps.DeleteFunc(out, func(f flow, open bool) bool { return !open || !after[f] })
	return out
}

// during probes, while something goes on, the flows that both sides allow and those that neither does, over and over.
func (s *stage) during(before, after matrix, work func() error) *watched {
	s.t.Helper()
	kept := keptIn(before, after)
	w := &watched{kept: len(kept), cut: map[flow]int{}, opened: map[flow]int{}}
	ended := make(chan error, 1)
	go func() { ended <- work() }()
	for {
		for _, f := range s.blocked(kept) {
			w.cut[f]++
		}
		for f, open := range s.probe(func(f flow) bool { return !before[f] && !after[f] }, 100*time.Millisecond) {
			if open {
				w.opened[f]++
			}
		}
		w.rounds++
		select {
		case err := <-ended:
			if err != nil {
				s.t.Fatal(err)
			}
			return w
		default:
		}
	}
}

// blocked returns the flows that are blocked twice running. When policies change, the engine ends what the kernel tracks
// of connections, and a handshake that is on its way then is lost: the next one is not.
func (s *stage) blocked(flows matrix) []flow {
	for range 2 {
		seen := s.probe(func(f flow) bool { return flows[f] }, 500*time.Millisecond)
		if seen == nil {
			return nil
		}
		maps.DeleteFunc(seen, func(_ flow, open bool) bool { return open })
		if flows = seen.all(true); len(flows) == 0 {
			return nil
		}
	}
	return slices.Collect(maps.Keys(flows))
}
