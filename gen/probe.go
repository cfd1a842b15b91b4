package gen

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/flows"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/kubectl"
	"github.com/npgen/npgen/gen/load"
	"github.com/npgen/npgen/gen/probe"
	"github.com/npgen/npgen/gen/sets"
)

// Probing is what a package says that a probe can try.
type Probing struct {
	// DNS is where the package asks for names, Flows what can be tried between pods that run.
	DNS   *graph.DNSConfig
	Flows []probe.Flow
	// LeftOut says what of the package is not tried, and why.
	LeftOut []string

	Findings diag.List
	Source   func(string) ([]byte, error)
}

// mostPods is how many pods of a target are tried.
const mostPods = 2

// ToProbe returns what packages of one cluster say that can be tried: the declared ports between their workloads, over
// TCP, as far as pods of the target run; what is allowed first, and no more than a number of flows.
func ToProbe(env load.Env, args []string, p kubectl.Program, most int) (*Probing, error) {
	in, err := Inquire(env, Input{Paths: args})
	if err != nil {
		return nil, err
	}
	out := &Probing{Findings: in.Findings, Source: in.Source}
	switch len(in.Clusters) {
	case 0:
		return out, nil
	case 1:
	default:
		return nil, errors.New("a probe is of one cluster: pick it with `--cluster`")
	}
	inquiry := in.Clusters[0].Inquiry
	g := inquiry.Graph
	if g == nil {
		return nil, errors.New("a probe tries what packages say: name a package")
	}
	if rules := g.DNSRules(); len(rules) > 0 {
		out.DNS = rules[0].Config
	}
	running, err := runningPods(p, g)
	if err != nil {
		return nil, err
	}
	for _, to := range g.Workloads {
		addresses := running[to]
		if len(addresses) == 0 {
			if len(to.Ports) > 0 {
				out.LeftOut = append(out.LeftOut, fmt.Sprintf("flows to `%s`: no pod of it runs", to))
			}
			continue
		}
		for _, port := range to.Ports {
			if port.Protocol != graph.TCP || port.Lo != port.Hi {
				out.LeftOut = append(out.LeftOut, fmt.Sprintf("port `%s` of `%s`: only single ports of TCP are tried", port.Port, to))
				continue
			}
			if err := out.from(inquiry, to, port.Lo, addresses); err != nil {
				return nil, err
			}
		}
	}
	slices.SortStableFunc(out.Flows, func(a, b probe.Flow) int { return cmp.Compare(btoi(b.Allowed), btoi(a.Allowed)) })
	if n := len(out.Flows); n > most {
		out.Flows = out.Flows[:most]
		out.LeftOut = append(out.LeftOut, fmt.Sprintf("%d of %d flows: `--most` is how many are tried", n-most, n))
	}
	return out, nil
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// from adds the flows of all workloads to a port of one.
func (out *Probing) from(in *flows.Inquiry, to *graph.Workload, port int, addresses []string) error {
	for _, from := range in.Graph.Workloads {
		if !from.Namespace.Owned() || from.HostNetwork || from == to {
			continue
		}
		asked, findings := in.Ask(fmt.Sprintf("%s -> %s:%d", from, to, port))
		if len(asked) == 0 || findings.Count(diag.Error) > 0 {
			out.LeftOut = append(out.LeftOut, fmt.Sprintf("`%s -> %s:%d`: it cannot be told", from, to, port))
			continue
		}
		allowed, known := decided(in, asked)
		if !known {
			out.LeftOut = append(out.LeftOut, fmt.Sprintf("`%s -> %s:%d`: allowed for a part only", from, to, port))
			continue
		}
		out.Flows = append(out.Flows, probe.Flow{
			From: probe.Workload{Namespace: from.Namespace.Name, Name: from.Name, Labels: sets.ExampleOf(from.Selector)},
			To:   to.String(), Addresses: addresses, Port: port, Allowed: allowed,
		})
	}
	return nil
}

// decided returns whether a flow is allowed, where that is the same for all pods that are meant and all of the port.
func decided(in *flows.Inquiry, asked []flows.Asked) (allowed, known bool) {
	some, all := false, true
	for _, a := range asked {
		for _, answer := range in.Answers(a) {
			some = some || !answer.Open.IsEmpty()
			all = all && answer.Asked.Within(answer.Open)
		}
	}
	return some, some == all
}

// runningPods returns addresses of pods of each workload that run.
func runningPods(p kubectl.Program, g *graph.Graph) (map[*graph.Workload][]string, error) {
	out := map[*graph.Workload][]string{}
	for _, n := range g.Namespaces {
		if n.Selector != nil || len(n.Workloads) == 0 {
			continue
		}
		text, err := p.Do(nil, "get", "pods", "-n", n.Name, "-o", "json")
		if err != nil {
			return nil, fmt.Errorf("the pods of namespace `%s`: %w", n.Name, err)
		}
		var list struct {
			Items []struct {
				Metadata struct{ Labels map[string]string }
				Spec     struct{ HostNetwork bool }
				Status   struct{ Phase, PodIP string }
			}
		}
		if err := json.Unmarshal(text, &list); err != nil {
			return nil, err
		}
		for _, w := range n.Workloads {
			for _, x := range list.Items {
				_, own := x.Metadata.Labels[probe.Label]
				if own || x.Spec.HostNetwork || x.Status.Phase != "Running" || x.Status.PodIP == "" || len(out[w]) == mostPods || !sets.Matches(w.Selector, x.Metadata.Labels) {
					continue
				}
				out[w] = append(out[w], x.Status.PodIP)
			}
		}
	}
	return out, nil
}
