//go:build linux

package packets

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/e2e/cluster"
	"github.com/npgen/npgen/e2e/tool"
)

// bench is what all scenarios share.
type bench struct {
	*cluster.Cluster
	root, npgen string
	report      *report
}

// stage is a scenario with its hosts in place.
type stage struct {
	*bench
	t *testing.T
	scenario
	hosts []*cluster.Host
	ports []cluster.Port
	// seen is the last matrix that was seen whole.
	seen matrix
}

// set puts the hosts of a scenario in place for the time of a test, and sees that all flows between them are open
// without policies: what is blocked later is so by a policy.
func (b *bench) set(t *testing.T, s scenario) *stage {
	t.Helper()
	st := &stage{bench: b, t: t, scenario: s}
	for _, text := range s.ports {
		p, err := cluster.ParsePort(text)
		if err != nil {
			t.Fatal(err)
		}
		st.ports = append(st.ports, p)
	}
	t.Cleanup(func() {
		if err := b.Clear(); err != nil {
			t.Error(err)
		}
	})
	var err error
	if st.hosts, err = b.Add(s.namespaces, s.pods, s.outside, st.ports); err != nil {
		t.Fatal(err)
	}
	st.check("no policies", st.matrix().all(true), nil)
	return st
}

func (s *stage) families() []bool {
	if s.v6 {
		return []bool{false, true}
	}
	return []bool{false}
}

// matrix returns all flows of the scenario.
func (s *stage) matrix() matrix {
	flows, _ := probes(s.hosts, s.ports, s.families())
	out := matrix{}
	for _, f := range flows {
		out[f] = false
	}
	return out
}

// probe probes some flows once. It returns nil where the kernel dropped packets that were for the engine.
func (s *stage) probe(only func(flow) bool, wait time.Duration) matrix {
	s.t.Helper()
	flows, all := probes(s.hosts, s.ports, s.families())
	var chosen []flow
	var some []cluster.Probe
	for i, f := range flows {
		if only(f) {
			chosen, some = append(chosen, f), append(some, all[i])
		}
	}
	answers, err := s.Ask(some, wait)
	if errors.Is(err, cluster.ErrDropped) {
		s.t.Log(err)
		return nil
	}
	if err != nil {
		s.t.Fatal(err)
	}
	out := matrix{}
	for i, f := range chosen {
		out[f] = answers[i] == cluster.Open
	}
	return out
}

// observe probes everything. What differs is looked at again, with more time: on a busy machine an answer may come late,
// or a packet be lost. So a flow that must be open is open if it was answered once. All others count as they were seen
// last, with all flows probed anew: a pass that misses open flows may have missed those, too.
func (s *stage) observe(want matrix) {
	s.t.Helper()
	answered := matrix{}
	for _, wait := range []time.Duration{300 * time.Millisecond, time.Second, 2 * time.Second} {
		seen := s.probe(func(flow) bool { return true }, wait)
		if seen == nil {
			continue
		}
		for f, open := range seen {
			answered[f] = answered[f] || open
			seen[f] = open || want[f] && answered[f]
		}
		s.seen = seen
		if len(differences(want, seen)) == 0 {
			return
		}
	}
	if len(answered) == 0 {
		s.t.Fatal(cluster.ErrDropped)
	}
}

// check observes, reports, and holds what is seen to what is wanted.
func (s *stage) check(step string, want matrix, took *latency) {
	s.t.Helper()
	s.observe(want)
	s.hold(step, want, took)
}

// hold reports, and holds what was seen last to what is wanted.
func (s *stage) hold(step string, want matrix, took *latency) {
	s.t.Helper()
	different := differences(want, s.seen)
	verdict := "as expected"
	if len(different) > 0 {
		verdict = fmt.Sprintf("%d DIFFER", len(different))
	}
	s.report.add(s.name, step, want, s.seen, verdict, took)
	for _, d := range different {
		s.t.Errorf("%s: %s", step, d)
	}
}

// latency is how long a change took, from the start of the command: to its end, and until it was in effect.
type latency struct{ applied, effect time.Duration }

// change makes a change and waits for its effect: until flows that it opens or closes are seen to be so. It looks
// while the command runs, as the engine does not wait for its end either.
func (s *stage) change(want matrix, change func() error) *latency {
	s.t.Helper()
	few := s.some(want)
	start := time.Now()
	took := &latency{}
	ended := make(chan error)
	go func() {
		err := change()
		took.applied = time.Since(start)
		ended <- err
	}()
	for waiting := len(few) > 0; waiting; {
		at := time.Since(start)
		if at > 20*time.Second {
			s.t.Errorf("no effect after %v", at)
			break
		}
		seen := s.probe(func(f flow) bool { _, is := few[f]; return is }, 50*time.Millisecond)
		if seen != nil && len(differences(few, seen)) == 0 {
			took.effect, waiting = at, false
		}
	}
	if err := <-ended; err != nil {
		s.t.Fatal(err)
	}
	if len(few) == 0 {
		// There is no effect to wait for: give the engine the time for one that must not be.
		time.Sleep(300 * time.Millisecond)
	}
	return took
}

// some returns flows that are to change: a few are enough to wait for, and all are looked at after that.
func (s *stage) some(want matrix) matrix {
	var changed, open []flow
	for f, is := range want {
		if s.seen[f] != is {
			changed = append(changed, f)
		} else if is {
			open = append(open, f)
		}
	}
	byText := func(a, b flow) int { return cmp.Compare(a.String(), b.String()) }
	slices.SortFunc(changed, byText)
	slices.SortFunc(open, byText)
	out := matrix{}
	for i := 0; i < len(changed); i += 1 + len(changed)/32 {
		out[changed[i]] = want[changed[i]]
	}
	if len(changed) > 0 {
		// Flows that stay open show that answers come in time, so that the blocked ones are not merely late.
		for _, f := range open[:min(4, len(open))] {
			out[f] = true
		}
	}
	return out
}

// run runs npgen in the work tree and returns its output.
func (s *stage) run(stdin string, args ...string) string {
	s.t.Helper()
	cmd := exec.Command(s.npgen, args...)
	cmd.Dir = s.root
	cmd.Stdin = strings.NewReader(stdin)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		s.t.Fatalf("npgen %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return string(out)
}

// list runs `npgen list` and returns what it says of the flows.
func (s *stage) list(stdin string, args ...string) matrix {
	s.t.Helper()
	l, err := readListing(s.run(stdin, append([]string{"list", "--format", "json"}, args...)...))
	if err != nil {
		s.t.Fatal(err)
	}
	want, err := l.expand(s.hosts, s.namespaces, s.families(), s.ports)
	if err != nil {
		s.t.Fatal(err)
	}
	return want
}

// step applies a package, given as a folder of the work tree or a path, in the place of what is there, and holds the
// packets to `npgen list` of the package. It also holds them to flows given by hand: `a/b -> c/d:80` must be open,
// with a `!` before it blocked. Where a scenario has IPv6, that goes for both families.
func (s *stage) step(name, pkg string, byHand ...string) {
	s.t.Helper()
	stream := s.run("", "build", "-q", pkg)
	want := s.list("", pkg)
	took := s.change(want, func() error { return s.apply(stream) })
	s.check(name, want, took)
	s.holds(s.overBoth(byHand)...)
}

// holds compares what was seen with flows given by hand.
func (s *stage) holds(flows ...string) {
	s.t.Helper()
	texts := map[string]bool{}
	for f, open := range s.seen {
		texts[f.String()] = open
	}
	for _, text := range flows {
		name, blocked := strings.CutPrefix(text, "!")
		open, known := texts[name]
		if !known {
			s.t.Errorf("nothing probes `%s`", name)
		} else if open == blocked {
			s.t.Errorf("%s: seen open is %v", name, open)
		}
	}
}

// overBoth returns flows with their twins over IPv6, where the scenario has it.
func (s *stage) overBoth(flows []string) []string {
	out := slices.Clone(flows)
	if s.v6 {
		for _, f := range flows {
			out = append(out, f+overV6)
		}
	}
	return out
}

// apply makes the policies of the cluster those of a stream: by kubectl, which prunes those that are not in it.
func (s *stage) apply(stream string) error {
	args := []string{
		"apply", "-f", "-", "--prune", "-l", "app.kubernetes.io/managed-by=npgen",
		"--prune-allowlist=networking.k8s.io/v1/NetworkPolicy",
	}
	if strings.TrimSpace(stream) == "" {
		args = []string{"delete", "networkpolicies", "--all", "--all-namespaces"}
	}
	_, err := s.Kubectl(s.root, stream, args...)
	return err
}

// policies returns what the API server has.
func (s *stage) policies() []networkingv1.NetworkPolicy {
	s.t.Helper()
	list, err := s.Client.NetworkingV1().NetworkPolicies("").List(context.Background(), metav1.ListOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	return list.Items
}

// folder writes a package into a folder of the test and returns its path.
func folder(t *testing.T, cue string) string {
	t.Helper()
	dir := t.TempDir()
	tool.Write(t, dir, map[string]string{"policy.cue": cue})
	return dir
}

// testdata returns the path of a package of these tests.
func (b *bench) testdata(name string) string {
	path := filepath.Join(b.root, "e2e", "packets", "testdata", filepath.FromSlash(name))
	if _, err := os.Stat(path); err != nil {
		panic(fmt.Sprintf("no package: %v", err))
	}
	return path
}
