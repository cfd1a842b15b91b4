package oracle

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/npgen/npgen/internal/oracle/clusterpolicy"
)

// Witness is one flow, as JSON of npgen has it.
type Witness struct {
	From WitnessEnd `json:"from"`
	To   WitnessEnd `json:"to"`
	Port string     `json:"port"`
}

// WitnessEnd is a pod or an address.
type WitnessEnd struct {
	Namespace       string            `json:"namespace,omitempty"`
	NamespaceLabels map[string]string `json:"namespaceLabels,omitempty"`
	Labels          map[string]string `json:"labels,omitempty"`
	// Ports is what the pod calls its ports, by name and protocol: `http/tcp`.
	Ports   map[string]int `json:"ports,omitempty"`
	Address string         `json:"address,omitempty"`
}

// String is the witness as JSON.
func (x Witness) String() string {
	data, err := json.Marshal(x)
	if err != nil {
		return err.Error()
	}
	return string(data)
}

// Example returns a flow of a class.
func (w *World) Example(f Flow) Witness {
	kind := &w.ports.kinds[f.Ports.first()]
	from, to := &w.ends[f.From], &w.ends[f.To]
	out := Witness{w.example(from, to), w.example(to, from), kind.text()}
	if from.Pod && to.Pod && w.isFresh(from.name) && w.isFresh(to.name) { // two namespaces may have different labels
		out.To.Namespace = "yet-" + out.To.Namespace
		out.To.NamespaceLabels = with(out.To.NamespaceLabels, NameLabel, out.To.Namespace)
	}
	for _, name := range kind.called {
		if out.To.Ports == nil {
			out.To.Ports = map[string]int{}
		}
		out.To.Ports[name+"/"+kind.protocol] = kind.lo
	}
	return out
}

func with(labels map[string]string, key, value string) map[string]string {
	out := maps.Clone(labels)
	out[key] = value
	return out
}

func (w *World) example(e, beside *End) WitnessEnd {
	if !e.Pod {
		return WitnessEnd{Address: e.address.String()}
	}
	spaces := w.spaces[e.name]
	for i := range spaces {
		together := !beside.Pod || beside.name != e.name || w.isFresh(e.name) || beside.spaces.has(i)
		if e.spaces.has(i) && together {
			return WitnessEnd{Namespace: w.names[e.name], NamespaceLabels: spaces[i].labels, Labels: e.labels[i]}
		}
	}
	return WitnessEnd{}
}

// Check returns why a witness cannot exist where the labels of some namespaces are known, or nil.
func (x Witness) Check(known map[string]map[string]string) error {
	port, err := x.port()
	if err != nil {
		return err
	}
	for _, e := range []WitnessEnd{x.From, x.To} {
		if e.Address != "" {
			if _, err := netip.ParseAddr(e.Address); err != nil {
				return err
			}
			continue
		}
		if e.Namespace == "" {
			return fmt.Errorf("%s: an end is neither in a namespace nor an address", x)
		}
		labels := e.allNamespaceLabels()
		if labels[NameLabel] != e.Namespace {
			return fmt.Errorf("%s: namespace %s is labelled with another name", x, e.Namespace)
		}
		want, isKnown := known[e.Namespace]
		want = maps.Clone(want)
		if want == nil {
			want = map[string]string{}
		}
		want[NameLabel] = e.Namespace
		if isKnown && !maps.Equal(labels, want) {
			return fmt.Errorf("%s: namespace %s has other labels", x, e.Namespace)
		}
		for key, n := range e.Ports {
			if name, protocol, _ := strings.Cut(key, "/"); name == "" || !slices.Contains(protocols, protocol) || n < 1 || n > lastPort {
				return fmt.Errorf("%s: `%s` is no named port", x, key)
			}
		}
	}
	switch {
	case x.From.Address != "" && x.To.Address != "":
		return fmt.Errorf("%s: nothing governs flows between addresses", x)
	case x.From.Namespace == x.To.Namespace && x.From.Namespace != "" && !maps.Equal(x.From.allNamespaceLabels(), x.To.allNamespaceLabels()):
		return fmt.Errorf("%s: a namespace has two sets of labels", x)
	case port.every || port.name != "" || port.lo != port.hi:
		return fmt.Errorf("%s: `%s` is not one port", x, x.Port)
	}
	return nil
}

func (x Witness) port() (token, error) { return parseToken(x.Port) }

func (e WitnessEnd) allNamespaceLabels() map[string]string {
	out := map[string]string{NameLabel: e.Namespace}
	maps.Copy(out, e.NamespaceLabels)
	return out
}

// IsOpen reports whether policies allow a witness, which Check found in order. It looks at the two ends alone, without
// any world.
func (x Witness) IsOpen(policies []networkingv1.NetworkPolicy, tiers ...clusterpolicy.Policy) bool {
	return x.half(policies, tiers, x.From, x.To, true) && x.half(policies, tiers, x.To, x.From, false)
}

func (x Witness) half(policies []networkingv1.NetworkPolicy, tiers []clusterpolicy.Policy, subject, peer WitnessEnd, egress bool) bool {
	if open, decided := x.decides(tiers, admin, subject, peer, egress); decided && subject.Address == "" {
		return open
	}
	isolated := false
	for i := range policies {
		p := Default(policies[i])
		if subject.Address != "" || p.Namespace != subject.Namespace || !Matches(&p.Spec.PodSelector, subject.Labels) || !isolates(&p, egress) {
			continue
		}
		isolated = true
		for _, r := range rulesOf(&p, egress) {
			isPeer := len(r.peers) == 0 || slices.ContainsFunc(r.peers, func(q networkingv1.NetworkPolicyPeer) bool { return peer.is(p.Namespace, q) })
			isPort := len(r.ports) == 0 || slices.ContainsFunc(r.ports, x.goesTo)
			if isPeer && isPort {
				return true
			}
		}
	}
	if open, decided := x.decides(tiers, baseline, subject, peer, egress); !isolated && decided && subject.Address == "" {
		return open
	}
	return !isolated
}

func (e WitnessEnd) is(namespace string, p networkingv1.NetworkPolicyPeer) bool {
	switch {
	case p.IPBlock != nil && e.Address != "":
		b, err := parseBlock(*p.IPBlock)
		a, err2 := netip.ParseAddr(e.Address)
		return err == nil && err2 == nil && b.contains(a)
	case p.IPBlock != nil || e.Address != "":
		return false
	case p.NamespaceSelector == nil && e.Namespace != namespace:
		return false
	case p.NamespaceSelector != nil && !Matches(p.NamespaceSelector, e.allNamespaceLabels()):
		return false
	}
	return p.PodSelector == nil || Matches(p.PodSelector, e.Labels)
}

func (x Witness) goesTo(p networkingv1.NetworkPolicyPort) bool {
	port, _ := x.port()
	protocol := protocolOf(p.Protocol)
	switch {
	case port.protocol != protocol:
		return false
	case p.Port == nil:
		return true
	case p.Port.Type == intstr.String:
		return x.To.Ports[p.Port.StrVal+"/"+protocol] == port.lo
	}
	lo, hi := numbers(p)
	return lo <= port.lo && port.lo <= hi
}
