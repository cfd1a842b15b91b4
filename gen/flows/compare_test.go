package flows

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/sets"
	"github.com/npgen/npgen/gen/world"
)

// TestCompareAgainstPairs holds the comparison against both evaluators, asked about each pair of pods and about
// addresses one by one.
func TestCompareAgainstPairs(t *testing.T) {
	for seed := range uint64(1500) {
		r := rand.New(rand.NewPCG(seed, 2))
		before, after := randomCluster(r), randomCluster(r)
		if seed%2 == 0 { // mostly alike, as a change is
			after.Policies = append(slices.Clone(before.Policies), after.Policies[:min(1, len(after.Policies))]...)
			after.Pods = before.Pods
		}
		c := Compare(before, after)
		a, b := sameWorld(before, after)
		old, now := New(a).newFlows(), New(b).newFlows()
		for i, p := range old.pods {
			for j, q := range old.pods {
				was, is := old.Ports(End{Pod: p}, End{Pod: q}), now.Ports(End{Pod: now.pods[i]}, End{Pod: now.pods[j]})
				opened, closed := told(c, *p, func(name string) bool { return isNamed(name, *q) }, false)
				if wantOpened, wantClosed := is.Minus(was), was.Minus(is); !opened.Equal(wantOpened) || !closed.Equal(wantClosed) {
					t.Fatalf("seed %d: %s/%s -> %s/%s: told that %q opens and %q closes, want %q and %q\n%+v",
						seed, p.Namespace, p.Name, q.Namespace, q.Name, opened, closed, wantOpened, wantClosed, c)
				}
			}
			for _, addr := range []string{"192.0.2.1", "192.0.2.200", "198.51.100.1"} {
				at := netip.MustParseAddr(addr)
				for _, inward := range []bool{false, true} {
					from, to := End{Pod: p}, End{Addr: at}
					fromNow, toNow := End{Pod: now.pods[i]}, to
					if inward {
						from, to, fromNow, toNow = to, from, toNow, fromNow
					}
					was, is := old.Ports(from, to), now.Ports(fromNow, toNow)
					opened, closed := told(c, *p, func(name string) bool { return holds(name, at) }, inward)
					if wantOpened, wantClosed := is.Minus(was), was.Minus(is); !opened.Equal(wantOpened) || !closed.Equal(wantClosed) {
						t.Fatalf("seed %d: %s/%s and %s, inward %t: told that %q opens and %q closes, want %q and %q\n%+v",
							seed, p.Namespace, p.Name, addr, inward, opened, closed, wantOpened, wantClosed, c)
					}
				}
			}
		}
	}
}

// isNamed reports whether a name stands for a pod. (other)/* stands for pods of undeclared namespaces of which no
// policy speaks.
func isNamed(name string, p world.Pod) bool {
	if name == other+"/*" {
		return p.Namespace == other && p.Name == other
	}
	return stands(name, p)
}

// told returns what a reader of the comparison takes to be opened and closed between a pod and another end.
func told(c Comparison, pod world.Pod, isOther func(string) bool, inward bool) (opened, closed sets.Ports) {
	covers := func(from, to string) bool {
		if inward {
			from, to = to, from
		}
		return isNamed(from, pod) && isOther(to)
	}
	for _, change := range c.Changes {
		covered := false
		for _, from := range change.From {
			for _, to := range change.To {
				covered = covered || covers(from, to)
			}
		}
		if !covered {
			continue
		}
		opens, closes := change.Opened(), change.Closed()
		for _, e := range change.Except {
			if covers(e.From, e.To) {
				opens, closes = opens.Minus(e.Before), closes.Minus(e.After)
			}
		}
		opened, closed = opened.Union(opens), closed.Union(closes)
	}
	return opened, closed
}

// TestCompareAlike holds that what allows the same is no difference: the same policies in another order, under other
// names, and the rules of one policy as one policy each.
func TestCompareAlike(t *testing.T) {
	for seed := range uint64(1000) {
		r := rand.New(rand.NewPCG(seed, 3))
		before := randomCluster(r)
		after := before
		after.Pods = slices.Clone(before.Pods)
		count := map[string]int{}
		for _, p := range before.Pods {
			count[podKey(p)]++
		}
		for i, p := range after.Pods {
			if count[podKey(p)] == 1 { // else only names tell which port numbers are whose
				after.Pods[i].Name = "renamed-" + p.Name
			}
		}
		after.Policies = nil
		for _, p := range before.Policies {
			after.Policies = append(after.Policies, apart(p)...)
		}
		r.Shuffle(len(after.Policies), func(i, j int) {
			after.Policies[i], after.Policies[j] = after.Policies[j], after.Policies[i]
		})
		if c := Compare(before, after); !c.IsEmpty() {
			t.Fatalf("seed %d: %+v", seed, c)
		}
	}
}

// apart returns a policy as several: one that isolates and one for each rule.
func apart(p rule.Policy) []rule.Policy {
	isolating := p
	isolating.Name += "-isolating"
	isolating.Rules, isolating.Ignored = nil, nil
	out := []rule.Policy{isolating}
	for _, r := range p.Rules {
		one := isolating
		one.Isolates = r.Direction
		r.Index = 0
		one.Rules = []rule.Rule{r}
		out = append(out, one)
	}
	return out
}
