//go:build linux

package packets

import (
	"slices"
	"strings"
	"testing"
)

// controls shows that the other tests could fail: that it is the engine that blocks, and each policy that opens.
func (b *bench) controls(t *testing.T) {
	demo := npDemo()
	demo.name = "controls"
	s := b.set(t, demo)
	const pkg = "examples/np-demo"
	s.step("the tutorial", pkg)
	full := s.seen
	b.StopEngine()
	s.check("engine stopped", full.all(false), nil)
	if err := b.StartEngine(); err != nil {
		t.Fatal(err)
	}
	s.check("engine runs again", full, nil)
	stream := s.run("", "build", "-q", pkg)
	db := "np-demo/api -> np-demo/db:80"
	for _, c := range []struct {
		policy string
		lost   []string
	}{
		{"api-allow-dns", []string{"np-demo/api -> kube-system/coredns:53", "np-demo/api -> kube-system/coredns:53/udp"}},
		{"api-allow-egress-to-db", []string{db}},
		{"db-allow-from-api", []string{db}},
		// The allow policies of the same pods isolate them, too.
		{"api-default-deny-egress", nil},
		{"db-default-deny-ingress", nil},
	} {
		want := s.without(full, c.lost)
		took := s.change(want, func() error {
			_, err := s.Kubectl(s.root, "", "delete", "networkpolicy", c.policy, "-n", "np-demo")
			return err
		})
		s.check("without "+c.policy, want, took)
		s.live("without " + c.policy + ", asked of the cluster")
		s.change(full, func() error { return s.apply(stream) })
		s.observe(full)
	}
	s.check("all of them again", full, nil)
	s.broken("a rule removed by hand", pkg, `  ingress:
  - from:
    - podSelector:
        matchLabels:
          app: api
    ports:
    - port: 80
      protocol: TCP
`, db)
	s.broken("a port removed by hand", pkg, `    - port: 53
      protocol: UDP
`, "np-demo/api -> kube-system/coredns:53/udp")
}

// without returns a matrix with some flows blocked.
func (s *stage) without(m matrix, flows []string) matrix {
	s.t.Helper()
	out, err := m.without(s.overBoth(flows)...)
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

// broken applies a package with a part of its YAML removed, and sees that the comparison with the package fails on
// exactly the flows that this closes.
func (s *stage) broken(name, pkg, part string, lost ...string) {
	s.t.Helper()
	stream := s.run("", "build", "-q", pkg)
	if n := strings.Count(stream, part); n != 1 {
		s.t.Fatalf("the part to remove is there %d times:\n%s", n, part)
	}
	listed := s.list("", pkg)
	left := s.without(listed, lost)
	took := s.change(left, func() error { return s.apply(strings.Replace(stream, part, "", 1)) })
	s.observe(left)
	var want []string
	for _, f := range s.overBoth(lost) {
		want = append(want, f+": must be open, is blocked")
	}
	slices.Sort(want)
	got := differences(listed, s.seen)
	verdict := "fails on exactly " + strings.Join(lost, ", ")
	if !slices.Equal(got, want) {
		verdict = "FAILS OTHERWISE"
		s.t.Errorf("%s: the comparison says\n%s\nand not\n%s", name, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	s.report.add(s.name, name, listed, s.seen, verdict, took)
}

// live asks `npgen list` about the cluster itself, and holds it to what was seen last.
func (s *stage) live(name string) {
	s.t.Helper()
	objects, err := s.Kubectl(s.root, "", "get", "netpol,pods,namespaces", "-A", "-o", "json")
	if err != nil {
		s.t.Fatal(err)
	}
	s.hold(name, s.list(objects, "-"), nil)
}
