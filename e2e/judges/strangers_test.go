package judges

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/graph"
	clusters "github.com/npgen/npgen/gen/world"
	"github.com/npgen/npgen/internal/oracle"
	"github.com/npgen/npgen/internal/oracle/random"
)

// fresh is a label value that nothing mentions.
const fresh = "fresh"

// vocabulary is the labels that selectors ask for: values by key.
type vocabulary map[string][]string

func (v vocabulary) add(s *metav1.LabelSelector) {
	if s == nil {
		return
	}
	for key, value := range s.MatchLabels {
		v[key] = append(v[key], value)
	}
	for _, e := range s.MatchExpressions {
		v[e.Key] = append(v[e.Key], e.Values...)
	}
}

// labelled chooses labels: of several workloads at once, labels that nobody stated, fresh ones.
func (g rawGenerator) labelled(v vocabulary) map[string]string {
	out := map[string]string{}
	for _, key := range sorted(v) {
		if values := slices.Compact(slices.Sorted(slices.Values(v[key]))); key != nameLabel && !g.one(3) {
			out[key] = pick(g.Rand, append(values, fresh))
		}
	}
	return out
}

// strangers is policies that anyone wrote among the pods that are known of and those that nobody declares. Namespaces
// without an object have labels that nobody states.
func (g rawGenerator) strangers(known *random.Cluster, policies []networkingv1.NetworkPolicy) *world {
	w := &world{v6: g.one(4), policies: treesOf(policies), namespaces: map[string]map[string]string{}}
	pods, spaces, portNames := vocabulary{}, vocabulary{nameLabel: {"elsewhere"}}, []string{"http"}
	for i := range policies {
		pods.add(&policies[i].Spec.PodSelector)
		spaces[nameLabel] = append(spaces[nameLabel], policies[i].Namespace, policies[i].Namespace, policies[i].Namespace)
		for _, rule := range rulesOf(&policies[i]) {
			for _, peer := range *rule.peers {
				pods.add(peer.PodSelector)
				spaces.add(peer.NamespaceSelector)
				if peer.IPBlock != nil {
					w.addAddresses(append([]string{peer.IPBlock.CIDR}, peer.IPBlock.Except...))
				}
			}
			for _, port := range *rule.ports {
				if port.Port != nil && port.Port.StrVal != "" {
					portNames = append(portNames, port.Port.StrVal)
				}
			}
		}
	}
	w.addAddresses([]string{"203.0.113.9/32", "2001:db8:77::1/128"})
	for _, key := range sorted(known.Pods) {
		namespace, name, _ := strings.Cut(key, "/")
		w.pods = append(w.pods, clusters.Pod{Namespace: namespace, Name: name, Labels: known.Pods[key]})
		spaces[nameLabel] = append(spaces[nameLabel], namespace)
	}
	for i := range 8 + g.IntN(5) {
		pod := clusters.Pod{Namespace: pick(g.Rand, spaces[nameLabel]), Name: fmt.Sprintf("stranger%d", i), Labels: g.labelled(pods)}
		for _, name := range slices.Compact(slices.Sorted(slices.Values(portNames))) {
			if g.one(2) {
				pod.Ports = append(pod.Ports, clusters.NamedPort{Name: name, Protocol: pick(g.Rand, []graph.Protocol{graph.TCP, graph.TCP, graph.UDP}), Port: pick(g.Rand, []int{80, 8080, 9999})})
			}
		}
		w.pods = append(w.pods, pod)
	}
	for _, pod := range w.pods {
		if labels, ok := known.Namespaces[pod.Namespace]; ok {
			w.namespaces[pod.Namespace] = labels
		} else if w.namespaces[pod.Namespace] == nil {
			w.namespaces[pod.Namespace] = g.labelled(spaces)
		}
	}
	return w
}

// treesOf is policies as trees.
func treesOf(policies []networkingv1.NetworkPolicy) []tree {
	stream, err := (&random.Cluster{Policies: policies}).YAML()
	if err != nil {
		panic(err) // objects of the API's own types
	}
	out, err := documents([]byte(stream))
	if err != nil {
		panic(err)
	}
	return out
}

// with is the same pods with other policies.
func (w *world) with(policies []tree) *world {
	out := *w
	out.policies = policies
	return &out
}

// worldOfWitness is the two ends of an example that npgen gives, and the example as a probe. It is false where nobody can be
// asked of its protocol.
func worldOfWitness(x *oracle.Witness, policies []tree) (*world, Probe, bool, error) {
	w := &world{policies: policies, namespaces: map[string]map[string]string{}}
	side := func(e oracle.WitnessEnd, name string) Side {
		if e.Address != "" {
			addr := netip.MustParseAddr(e.Address)
			w.v6 = addr.Is6()
			return Side{-1, addr}
		}
		pod := clusters.Pod{Namespace: e.Namespace, Name: name, Labels: e.Labels}
		for _, key := range sorted(e.Ports) {
			short, protocol, _ := strings.Cut(key, "/")
			pod.Ports = append(pod.Ports, clusters.NamedPort{Name: short, Protocol: protocolNamed(protocol), Port: e.Ports[key]})
		}
		if w.namespaces[e.Namespace] == nil {
			w.namespaces[e.Namespace] = map[string]string{}
		}
		maps.Copy(w.namespaces[e.Namespace], e.NamespaceLabels)
		w.pods = append(w.pods, pod)
		return Side{Pod: len(w.pods) - 1}
	}
	p := Probe{From: side(x.From, "from"), To: side(x.To, "to")}
	number, protocol, has := strings.Cut(x.Port, "/")
	if !has {
		protocol = "tcp"
	}
	if number == "other" || number == "other protocols" {
		return w, p, false, nil
	}
	p.Protocol = protocolOf(protocolNamed(protocol))
	_, err := fmt.Sscanf(number, "%d", &p.Port)
	return w, p, true, err
}

func protocolNamed(name string) graph.Protocol {
	return map[string]graph.Protocol{"tcp": graph.TCP, "udp": graph.UDP, "sctp": graph.SCTP}[name]
}
