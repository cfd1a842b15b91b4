package flows

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/sets"
	"github.com/npgen/npgen/gen/world"
)

// Only says of whom a listing is to speak: sources and targets, "" is anyone. An end is a workload, name or ns/name; pods
// by labels, as app=web, shop/{app=web} or {app: web, ns: shop}; ns/* or */*; an address, a range or the name of one; or
// a name that the listing itself prints.
type Only struct{ From, To string }

// UnknownEndError says that a listing was asked about an end that the cluster does not have.
type UnknownEndError struct {
	Name string
	// Near is the names that there are, the nearest first, More how many there are besides.
	Near []string
	More int
}

func (e *UnknownEndError) Error() string {
	there := "there is nothing that it could be"
	if len(e.Near) > 0 {
		there = "there are `" + strings.Join(e.Near, "`, `") + "`"
	}
	if e.More > 0 {
		there += fmt.Sprintf(" and %d more", e.More)
	}
	return fmt.Sprintf("nothing in the input is called `%s`; %s", e.Name, there)
}

// onlyEnd is an end that a listing is asked about.
type onlyEnd struct {
	// printed is the name as it was given.
	printed   string
	pods      []sets.Pods
	addresses sets.Addresses
	known     bool
}

// prints reports whether a row calls one of its ends so, with or without the namespace.
func (e onlyEnd) prints(name string) bool {
	before, is := strings.CutSuffix(name, "/"+e.printed)
	return name == e.printed || is && !strings.Contains(before, " but ")
}

// only finds what an end is among what the cluster declares and what policies speak of.
func (l *listing) only(c world.Cluster, name string) onlyEnd {
	out := onlyEnd{printed: name}
	for i, p := range l.universe.pods {
		if name == p.Name || name == p.Namespace+"/"+p.Name {
			out.known = true
			if !p.HostNetwork {
				out.pods = append(out.pods, l.exact[i])
			}
		}
	}
	if out.known {
		return out
	}
	if out.addresses = namedAddresses(name, c.Ranges); !out.addresses.IsEmpty() {
		out.known = true
		return out
	}
	if namespace, isAll := strings.CutSuffix(name, "/*"); isAll || name == "*" {
		out.pods, out.known = l.wholeNamespace(namespace, isAll)
		return out
	}
	if labels, namespace, ok := labelsAsked(name); ok {
		out.pods = l.labelled(c, namespace, labels)
		out.known = len(out.pods) > 0
	}
	return out
}

// namedAddresses returns the addresses that a name stands for, if any.
func namedAddresses(name string, ranges []world.Range) sets.Addresses {
	if name == Outside {
		return sets.AllAddresses()
	}
	for _, r := range ranges {
		if r.Name == name {
			return sets.AddressesOf(r.CIDRs, r.Except)
		}
	}
	text := strings.TrimSuffix(strings.TrimPrefix(name, "["), "]")
	if p, err := netip.ParsePrefix(text); err == nil {
		return sets.AddressesOf([]netip.Prefix{p.Masked()}, nil)
	}
	if a, err := netip.ParseAddr(text); err == nil && a.Zone() == "" {
		return sets.Address(a)
	}
	return sets.Addresses{}
}

// wholeNamespace returns all pods of a namespace that the cluster speaks of, or of every namespace.
func (l *listing) wholeNamespace(namespace string, isOne bool) ([]sets.Pods, bool) {
	if !isOne || namespace == "*" {
		return []sets.Pods{{}}, true
	}
	return []sets.Pods{l.Namespace(namespace)}, l.governed[namespace]
}

// labelsAsked reads pods by labels, and the namespace that is given with them.
func labelsAsked(name string) (labels map[string]string, namespace string, ok bool) {
	if !strings.Contains(name, "{") {
		name = "{" + name + "}"
	}
	q := &question{}
	var findings diag.List
	rest := q.replacePeer(name, 0, &findings)
	if len(findings) > 0 || len(q.pods) != 1 || strings.TrimSpace(rest) != q.pods[0].Name.Value || len(q.pods[0].Labels) == 0 {
		return nil, "", false
	}
	return q.pods[0].Labels, q.pods[0].Namespace.Value, true
}

// labelled returns the pods that have some labels: those that are declared; where none is, all that may have them, if
// policies speak of such.
func (l *listing) labelled(c world.Cluster, namespace string, labels map[string]string) []sets.Pods {
	var out []sets.Pods
	for i, p := range l.universe.pods {
		if !p.HostNetwork && p.HasLabels(namespace, labels) {
			out = append(out, l.exact[i])
		}
	}
	if len(out) > 0 {
		return out
	}
	for _, p := range c.WithUnknown().Pods {
		if !p.Implied || !p.HasLabels(namespace, labels) {
			continue
		}
		in := sets.Pods{}
		if p.Namespace != world.Other && !strings.HasPrefix(p.Namespace, "{") { // one namespace, not those that labels select
			in = l.Namespace(p.Namespace)
		}
		out = append(out, l.Select(in, &metav1.LabelSelector{MatchLabels: labels}))
	}
	return out
}

// has reports whether a row, with the name that it prints for one end, speaks of an end that was asked about.
func (l *listing) has(r *found, side sets.Side, end onlyEnd, printed string) bool {
	if end.printed == "" || end.prints(printed) {
		return true
	}
	if !r.kind.HasPods(side) {
		return end.addresses.Overlaps(r.box.Addresses())
	}
	pods := r.box.Pods(side)
	return slices.ContainsFunc(end.pods, func(in sets.Pods) bool {
		return l.Meet(pods, in) && !slices.ContainsFunc(r.except[side], func(e sets.Pods) bool { return l.Within(l.And(pods, in), e) })
	})
}

// unknownEnd returns the error of an end that neither the cluster nor a row has, or nil.
func (l *listing) unknownEnd(end onlyEnd, printed map[string]bool) error {
	for name := range printed {
		end.known = end.known || end.prints(name)
	}
	if end.printed == "" || end.known {
		return nil
	}
	names := maps.Clone(printed)
	for _, p := range l.universe.pods {
		names[p.Namespace+"/"+p.Name] = true
		names[p.Namespace+"/*"] = true
	}
	called := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if strings.Contains(name, " but ") {
			continue
		}
		_, base, qualified := strings.Cut(name, "/")
		if !qualified || strings.Contains(end.printed, "/") {
			base = name
		}
		called[base] = append(called[base], name)
	}
	var near []string
	for _, base := range diag.ByDistance(end.printed, maps.Keys(called)) {
		near = append(near, called[base]...)
	}
	const most = 10
	out := &UnknownEndError{Name: end.printed, Near: near[:min(len(near), most)]}
	out.More = len(near) - len(out.Near)
	return out
}
