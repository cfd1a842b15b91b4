package probe

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// Workload is whose place a throw-away pod takes.
type Workload struct {
	Namespace, Name string
	// Labels are those that a policy selects its pods by.
	Labels map[string]string
}

// Flow is a connection to try, with the policies that are in the cluster.
type Flow struct {
	From Workload
	// To is the workload that is called, Addresses those of pods of it that run.
	To        string
	Addresses []string
	Port      int
	// Allowed is what the policies say.
	Allowed bool
}

// String returns the flow as an edge.
func (f Flow) String() string {
	return fmt.Sprintf("%s/%s -> %s:%d", f.From.Namespace, f.From.Name, f.To, f.Port)
}

type served struct {
	address string
	port    int
}

// flows tries each flow from a pod with the labels of its source. What is allowed goes first: where nothing answers, that
// a flow is closed shows nothing.
func (p *prober) flows() error {
	clients := map[string]pod{}
	answers := map[served]bool{}
	all := slices.Clone(p.Flows)
	slices.SortStableFunc(all, func(a, b Flow) int { return rank(a) - rank(b) })
	seen := map[bool]int{}
	for _, f := range all {
		from, err := p.clientOf(clients, f.From)
		if err != nil {
			return err
		}
		for _, address := range f.Addresses {
			as, err := p.isAsSaid(from, f, address)
			if err != nil {
				return err
			}
			at := served{address, f.Port}
			switch {
			case as && !f.Allowed && !answers[at]:
				p.notProven("%s is closed: nothing was seen to answer at %s", f, address)
			case as:
				seen[f.Allowed]++
				answers[at] = answers[at] || f.Allowed
			case f.Allowed:
				p.report.Differing = append(p.report.Differing, fmt.Sprintf("%s: allowed, and closed at %s", f, address))
			default:
				p.report.Differing = append(p.report.Differing, fmt.Sprintf("%s: not allowed, and open at %s", f, address))
			}
		}
	}
	if n := seen[true]; n > 0 {
		p.proven("allowed and open: %d", n)
	}
	if n := seen[false]; n > 0 {
		p.proven("not allowed and closed: %d", n)
	}
	if len(all) > 0 {
		p.event(time.Time{}, "the graph: %d flows tried, %d other than the policies say", len(all), len(p.report.Differing))
	}
	return nil
}

func rank(f Flow) int {
	if f.Allowed {
		return 0
	}
	return 1
}

// isAsSaid tries a flow until it is as the policies say, for a new pod may be open or closed for a while.
func (p *prober) isAsSaid(from pod, f Flow, address string) (bool, error) {
	return p.await(p.Limit, func() (bool, error) {
		for range 2 {
			a, err := p.connect(from, address, f.Port)
			if err != nil || (a == open) != f.Allowed {
				return false, err
			}
			if f.Allowed {
				break
			}
		}
		return true, nil
	})
}

// clientOf returns a pod in the place of a workload's, and makes it where there is none.
func (p *prober) clientOf(clients map[string]pod, w Workload) (pod, error) {
	key := w.Namespace + "/" + w.Name
	if c, there := clients[key]; there {
		return c, nil
	}
	owner, err := p.owner(w.Namespace)
	if err != nil {
		return pod{}, err
	}
	name := fmt.Sprintf("npgen-probe-%s-%d", p.id, len(clients))
	if err := p.apply(p.podObject(w.Namespace, name, maps.Clone(w.Labels), owner, "", p.calling())); err != nil {
		return pod{}, err
	}
	c, err := p.running(w.Namespace, name)
	clients[key] = c
	return c, err
}
