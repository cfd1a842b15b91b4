//go:build linux

package packets

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/npgen/npgen/e2e/cluster"
)

// listing is what `npgen list --format json` says.
type listing struct{ Flows []row }

// row says that everyone of one end may reach everyone of the other.
type row struct {
	From, To       string
	FromSet, ToSet end
	Ports          []string
}

// end is pods without some of them, or addresses outside of the cluster.
type end struct {
	Pods, Except []selection
	Addresses    []netip.Prefix
}

// selection is pods by the labels of their namespaces and their own.
type selection struct {
	NamespaceSelector, PodSelector *metav1.LabelSelector
}

func readListing(text string) (*listing, error) {
	l := &listing{}
	return l, json.Unmarshal([]byte(text), l)
}

// expand returns what the listing says of each flow between hosts: what no row has is closed. namespaces has the labels
// of namespaces beside their names. Flows between hosts of which none is a pod are open, as no policy is about them.
func (l *listing) expand(hosts []*cluster.Host, namespaces map[string]map[string]string, families []bool, ports []cluster.Port) (matrix, error) {
	out := matrix{}
	flows, all := probes(hosts, ports, families)
	for i, p := range all {
		out[flows[i]] = p.From.Pod == nil && p.To.Pod == nil
	}
	for _, r := range l.Flows {
		from, err := r.FromSet.among(hosts, namespaces)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.From, err)
		}
		to, err := r.ToSet.among(hosts, namespaces)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.To, err)
		}
		for i, p := range all {
			if !from[place{p.From, p.V6}] || !to[place{p.To, p.V6}] {
				continue
			}
			has, err := hasPort(r.Ports, p.Port)
			if err != nil {
				return nil, err
			}
			out[flows[i]] = out[flows[i]] || has
		}
	}
	return out, nil
}

// place is a host at its address of one family.
type place struct {
	*cluster.Host
	v6 bool
}

// among returns where an end is. Of pods that it names, and not as all but others, the stage must have one: else nobody
// sees whether what the listing says of them is so.
func (e end) among(hosts []*cluster.Host, namespaces map[string]map[string]string) (map[place]bool, error) {
	out := map[place]bool{}
	for _, h := range hosts {
		for _, at := range []place{{h, false}, {h, true}} {
			is, err := e.has(at, namespaces)
			if err != nil {
				return nil, err
			}
			if is {
				out[at] = true
			}
		}
	}
	if len(out) == 0 && len(e.Pods) > 0 && len(e.Except) == 0 {
		return nil, errors.New("the listing has pods of which the stage has none")
	}
	return out, nil
}

// has reports whether a host is of an end.
func (e end) has(at place, namespaces map[string]map[string]string) (bool, error) {
	if (len(e.Pods) > 0) == (len(e.Addresses) > 0) {
		return false, fmt.Errorf("an end that is not either pods or addresses: %+v", e)
	}
	if at.Pod == nil {
		address := at.V4
		if at.v6 {
			address = at.V6
		}
		return slices.ContainsFunc(e.Addresses, func(p netip.Prefix) bool { return p.Contains(address) }), nil
	}
	in, err := selectedBy(e.Pods, at.Pod, namespaces)
	if err != nil || !in {
		return false, err
	}
	out, err := selectedBy(e.Except, at.Pod, namespaces)
	return !out, err
}

// selectedBy reports whether one of several selections has a pod.
func selectedBy(all []selection, p *cluster.Pod, namespaces map[string]map[string]string) (bool, error) {
	namespace := labels.Merge(namespaces[p.Namespace], labels.Set{"kubernetes.io/metadata.name": p.Namespace})
	for _, s := range all {
		ofNamespace, err := metav1.LabelSelectorAsSelector(s.NamespaceSelector)
		if err != nil {
			return false, err
		}
		ofPod, err := metav1.LabelSelectorAsSelector(s.PodSelector)
		if err != nil {
			return false, err
		}
		if ofNamespace.Matches(namespace) && ofPod.Matches(labels.Set(p.Labels)) {
			return true, nil
		}
	}
	return false, nil
}

// hasPort reports whether a port is among those of a row: `*`, `*/udp`, `80`, `8000-8010/udp`.
func hasPort(ports []string, p cluster.Port) (bool, error) {
	for _, text := range ports {
		if text == "*" {
			return true, nil
		}
		number, protocol, _ := strings.Cut(text, "/")
		if (protocol == "udp") != p.UDP || protocol == "sctp" {
			continue
		}
		if number == "*" {
			return true, nil
		}
		low, high, ranged := strings.Cut(number, "-")
		if !ranged {
			high = low
		}
		first, err := strconv.Atoi(low)
		if err != nil {
			return false, fmt.Errorf("port %q: %w", text, err)
		}
		last, err := strconv.Atoi(high)
		if err != nil {
			return false, fmt.Errorf("port %q: %w", text, err)
		}
		if first <= p.Number && p.Number <= last {
			return true, nil
		}
	}
	return false, nil
}
