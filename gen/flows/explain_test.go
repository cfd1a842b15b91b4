package flows

import (
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/sets"
)

// TestExplainAgainstPorts holds each answer against the evaluator, and its reasons against what they say.
func TestExplainAgainstPorts(t *testing.T) {
	for seed := range uint64(1500) {
		r := rand.New(rand.NewPCG(seed, 4))
		e := New(randomCluster(r).WithUnknown())
		asked := pick(r, []sets.Ports{sets.AllPorts(), sets.PortRange(graph.TCP, 79, 81), sets.PortRange(graph.UDP, 53, 53), sets.ProtocolPorts(graph.SCTP)})
		pods := e.cluster.Pods
		if len(pods) == 0 {
			continue
		}
		a, b := &pods[r.IntN(len(pods))], &pods[r.IntN(len(pods))]
		if !a.HostNetwork && !b.HostNetwork {
			answers := e.Explain(Target{Name: "a", Pod: a}, Target{Name: "b", Pod: b}, asked)
			if len(answers) != 1 {
				t.Fatalf("seed %d: %d answers for two pods", seed, len(answers))
			}
			checkAnswer(t, e, seed, answers[0], e.Ports(End{Pod: a}, End{Pod: b}).Intersect(asked))
		}
		if a.HostNetwork {
			continue
		}
		blocks := sets.AddressesOf([]netip.Prefix{netip.MustParsePrefix("192.0.2.0/23")}, nil)
		span := Target{Name: "range", Addresses: blocks}
		for _, outward := range []bool{true, false} {
			left := blocks
			answers := e.Explain(Target{Name: "a", Pod: a}, span, asked)
			if !outward {
				answers = e.Explain(span, Target{Name: "a", Pod: a}, asked)
			}
			for _, x := range answers {
				part := x.To.Addresses
				if !outward {
					part = x.From.Addresses
				}
				if len(part.Minus(left).Ranges()) > 0 {
					t.Fatalf("seed %d: parts overlap", seed)
				}
				left = left.Minus(part)
				for _, ip := range []netip.Addr{part.Ranges()[0].From(), part.Ranges()[0].To()} {
					want := e.Ports(End{Pod: a}, End{Addr: ip})
					if !outward {
						want = e.Ports(End{Addr: ip}, End{Pod: a})
					}
					checkAnswer(t, e, seed, x, want.Intersect(asked))
				}
			}
			if len(left.Ranges()) > 0 {
				t.Fatalf("seed %d: no answer for %s", seed, left.Text())
			}
		}
	}
}

func checkAnswer(t *testing.T, e *Evaluator, seed uint64, a Answer, want sets.Ports) {
	t.Helper()
	if !a.Open.Equal(want) {
		t.Fatalf("seed %d: open on %q, want %q", seed, a.Open, want)
	}
	verdict := Partly
	switch {
	case len(want) == 0:
		verdict = Denied
	case want.Equal(a.Asked):
		verdict = Allowed
	}
	if a.Verdict() != verdict {
		t.Fatalf("seed %d: %s, want %s", seed, a.Verdict(), verdict)
	}
	for _, s := range []Side{a.Egress, a.Ingress} {
		var opened sets.Ports
		for _, r := range s.Opening {
			opened = opened.Union(r.Ports)
			if r.Rule >= len(e.cluster.Policies[r.Index].In(r.Direction)) {
				t.Fatalf("seed %d: %s names no rule", seed, r.Policy)
			}
		}
		if len(s.Isolating) > 0 && !opened.Equal(s.Open) {
			t.Fatalf("seed %d: the rules open %q, the side %q", seed, opened, s.Open)
		}
		for _, r := range s.Near {
			if r.Peer && len(r.Ports.Intersect(a.Asked)) > 0 {
				t.Fatalf("seed %d: a rule that opens ports is said to miss", seed)
			}
		}
	}
}
