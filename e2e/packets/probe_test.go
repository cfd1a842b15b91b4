//go:build linux

package packets

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/e2e/cluster"
)

const probed = `package policy

namespace: "shop"
workloads: {
	web: {}
	api: ports: http: 8080
	db: ports: sql:   5432
}
allow: ["web -> api", "api -> db"]
`

// probeReport is what `npgen probe --format json` prints.
type probeReport struct {
	Verdict, Why                 string
	Proven, NotProven, Differing []string
	Left                         []string
	Events                       []struct {
		At, Took float64
		What     string
	}
}

// probe runs the command where a real engine enforces, where packets pass by it, and where the network is cut.
func (b *bench) probe(t *testing.T) {
	s := b.set(t, scenario{
		name:  "probe",
		pods:  []cluster.Pod{pod("shop/web"), pod("shop/api"), pod("shop/db"), dns()},
		ports: []string{"8080", "5432", "53/udp"},
	})
	bin := s.Kubelet(t)
	pkg := folder(t, probed)
	ask := func(status int, args ...string) probeReport {
		t.Helper()
		args = append([]string{"probe", "--yes", "--format", "json", "--limit", "5s"}, args...)
		out, said, err := s.Run(t.TempDir(), "", []string{"PATH=" + bin + ":" + os.Getenv("PATH")}, s.npgen, args...)
		got := 0
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			got = exit.ExitCode()
		} else if err != nil {
			t.Fatal(err)
		}
		var r probeReport
		if json.Unmarshal([]byte(out), &r) != nil || got != status {
			t.Fatalf("exit status %d, want %d:\n%s%s", got, status, out, said)
		}
		if len(r.Left) > 0 {
			t.Errorf("left: %q", r.Left)
		}
		s.nothingLeft()
		return r
	}
	holds := func(what string, list []string, want ...string) {
		t.Helper()
		for _, w := range want {
			if !slices.ContainsFunc(list, func(x string) bool { return strings.Contains(x, w) }) {
				t.Errorf("%s: %q is not among %q", what, w, list)
			}
		}
	}

	// The policies are not there yet: the engine enforces, and the graph is another one.
	r := ask(1, pkg)
	if r.Verdict != "enforced" {
		t.Fatalf("%s: %s", r.Verdict, r.Why)
	}
	holds("without the package", r.Differing, "shop/db -> shop/api:8080: not allowed, and open", "shop/web -> shop/db:5432: not allowed, and open")

	s.change(s.list("", pkg), func() error { return s.apply(s.run("", "build", "-q", pkg)) })
	r = ask(0, pkg)
	if r.Verdict != "enforced" || len(r.Differing) > 0 {
		t.Errorf("%s: %s, %q", r.Verdict, r.Why, r.Differing)
	}
	holds("with the package", r.Proven, "ingress policies are enforced", "egress policies are enforced", "selectors of pods are told apart", "ports are told apart",
		"the `dns` of the package reaches the servers", "address ranges match pods", "allowed and open: 2", "not allowed and closed: 2")
	for _, e := range r.Events {
		t.Logf("%6.1f s %+6.2f s  %s", e.At, e.Took, e.What)
	}

	// One object is lost: an edge that the package declares is closed.
	if _, err := s.Kubectl(s.root, "", "delete", "networkpolicy", "-n", "shop", "db-allow-ingress"); err != nil {
		t.Fatal(err)
	}
	r = ask(1, pkg)
	holds("an object is lost", r.Differing, "shop/api -> shop/db:5432: allowed, and closed")

	// Interrupted, it removes what it made.
	s.interrupted(t, bin)

	plug, err := s.Unplug()
	if err != nil {
		t.Fatal(err)
	}
	r = ask(1)
	if r.Verdict != "not enforced" || !strings.Contains(r.Why, "default deny for ingress") {
		t.Errorf("with no engine: %s: %s", r.Verdict, r.Why)
	}
	if err := plug(); err != nil {
		t.Fatal(err)
	}

	b.StopEngine() // the kernel drops what nobody asks for
	r = ask(2)
	if r.Verdict != "nothing proven" || !strings.Contains(r.Why, "the network is broken") {
		t.Errorf("with the network cut: %s: %s", r.Verdict, r.Why)
	}
	if err := b.StartEngine(); err != nil {
		t.Fatal(err)
	}
}

// interrupted ends a probe in the middle.
func (s *stage) interrupted(t *testing.T, bin string) {
	t.Helper()
	ended := make(chan error, 1)
	go func() {
		_, _, err := s.Run(t.TempDir(), "", []string{"PATH=" + bin + ":" + os.Getenv("PATH")}, "timeout", "--foreground", "--signal=INT", "4", s.npgen, "probe", "--yes")
		ended <- err
	}()
	made := false
	for waiting := true; waiting; {
		select {
		case err := <-ended:
			exit, ok := errors.AsType[*exec.ExitError](err)
			if !ok || exit.ExitCode() != 124 {
				t.Errorf("interrupted: %v", err)
			}
			waiting = false
		case <-time.After(100 * time.Millisecond):
			made = made || len(s.probes()) > 0
		}
	}
	if !made {
		t.Error("it had made nothing yet")
	}
	s.nothingLeft()
}

// probes returns the pods and policies of probes.
func (s *stage) probes() []string {
	s.t.Helper()
	ctx, all := context.Background(), metav1.ListOptions{LabelSelector: "npgen.dev/probe"}
	var out []string
	pods, err := s.Client.CoreV1().Pods("").List(ctx, all)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, p := range pods.Items {
		out = append(out, "pod "+p.Namespace+"/"+p.Name)
	}
	policies, err := s.Client.NetworkingV1().NetworkPolicies("").List(ctx, all)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, p := range policies.Items {
		out = append(out, "policy "+p.Namespace+"/"+p.Name)
	}
	owners, err := s.Client.CoreV1().ConfigMaps("").List(ctx, all)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, p := range owners.Items {
		out = append(out, "configmap "+p.Namespace+"/"+p.Name)
	}
	spaces, err := s.Client.CoreV1().Namespaces().List(ctx, all)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, p := range spaces.Items {
		if p.DeletionTimestamp == nil { // no controller ends it here
			out = append(out, "namespace "+p.Name)
		}
	}
	return out
}

func (s *stage) nothingLeft() {
	s.t.Helper()
	var left []string
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if left = s.probes(); len(left) == 0 {
			return
		}
	}
	s.t.Errorf("left in the cluster: %q", left)
}
