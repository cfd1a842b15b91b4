package read

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/dialect/cilium/identity"
	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/sets"
)

// known is the entities that Cilium knows (v1.20, pkg/policy/api/entity.go).
func known() []string {
	return []string{
		"all", "world", "world-ipv4", "world-ipv6", "cluster", "cluster-mesh", "host", "init", "ingress", "unmanaged", "remote-node",
		"health", "none", "kube-apiserver",
	}
}

func entities(names []string) ([]Peer, error) {
	var out []Peer
	for _, name := range names {
		switch {
		case !slices.Contains(known(), name):
			return nil, fmt.Errorf("there is no entity `%s`", name)
		case name == "all":
			out = append(out, Peer{Everyone: true})
		case name != "none":
			out = append(out, Peer{Entity: name})
		}
	}
	return out, nil
}

// Names of hosts as the CRD takes them.
var (
	matchName    = regexp.MustCompile(`^([-a-zA-Z0-9_]+[.]?)+$`)
	matchPattern = regexp.MustCompile(`^([-a-zA-Z0-9_*]+[.]?)+$`)
)

func hosts(names []FQDN) ([]Peer, error) {
	out := make([]Peer, len(names))
	for i, name := range names {
		if err := name.check(); err != nil {
			return nil, err
		}
		out[i] = Peer{Host: &names[i]}
	}
	return out, nil
}

func (f FQDN) check() error {
	switch {
	case (f.MatchName == "") == (f.MatchPattern == ""):
		return fmt.Errorf("a host has one of `matchName` and `matchPattern`")
	case f.MatchName != "" && (!matchName.MatchString(f.MatchName) || len(f.MatchName) > 255),
		f.MatchPattern != "" && (!matchPattern.MatchString(f.MatchPattern) || len(f.MatchPattern) > 255):
		return fmt.Errorf("`%s%s` is no name of hosts", f.MatchName, f.MatchPattern)
	}
	return nil
}

func cidrs(ranges []string) ([]Peer, error) {
	var out []Peer
	for _, text := range ranges {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			a, err := netip.ParseAddr(text)
			if err != nil || a.Zone() != "" {
				return nil, fmt.Errorf("`%s` is no range of addresses", text)
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		out = append(out, Peer{Block: &rule.Block{CIDR: text, Addresses: sets.AddressesOf([]netip.Prefix{p.Masked()}, nil)}})
	}
	return out, nil
}

func (m *meaning) cidrSet(field string, ranges []CIDR) ([]Peer, error) {
	var out []Peer
	for _, c := range ranges {
		if c.GroupRef != "" || c.GroupSelector != nil {
			if c.CIDR != "" || c.GroupRef != "" && c.GroupSelector != nil {
				return nil, fmt.Errorf("an entry of `%s` names more than one of `cidr`, `cidrGroupRef` and `cidrGroupSelector`", field)
			}
			m.notUnderstood(field)
			continue
		}
		within, err := netip.ParsePrefix(c.CIDR)
		if err != nil {
			return nil, fmt.Errorf("`%s` is no range of addresses", c.CIDR)
		}
		var except []netip.Prefix
		for _, text := range c.Except {
			e, err := netip.ParsePrefix(text)
			if err != nil || e.Bits() < within.Bits() || !within.Contains(e.Addr()) {
				return nil, fmt.Errorf("the exception `%s` does not lie in `%s`", text, c.CIDR)
			}
			except = append(except, e.Masked())
		}
		out = append(out, Peer{Block: &rule.Block{CIDR: c.CIDR, Except: c.Except, Addresses: sets.AddressesOf([]netip.Prefix{within.Masked()}, except)}})
	}
	return out, nil
}

func (m *meaning) endpoints(field string, selectors []metav1.LabelSelector) ([]Peer, error) {
	path := m.path
	defer func() { m.path = path }()
	var out []Peer
	for i := range selectors {
		m.path = path + field
		pods, err := m.selector(&selectors[i], false)
		if err != nil {
			return nil, err
		}
		out = append(out, Peer{Pods: &pods})
	}
	return out, nil
}

// selector returns what a selector of Cilium's selects. It has labels of pods and of their namespaces side by side, and
// what says nothing of the namespace is in that of the policy.
func (m *meaning) selector(s *metav1.LabelSelector, isSubject bool) (Pods, error) {
	if _, err := metav1.LabelSelectorAsSelector(plain(s)); err != nil {
		return Pods{}, err
	}
	out := Pods{Namespaces: &metav1.LabelSelector{}, Pods: &metav1.LabelSelector{}}
	named, positive := false, false
	for _, r := range requirements(s) {
		source, key, hasSource := strings.Cut(r.Key, ":")
		if !hasSource {
			source, key = "any", r.Key
		}
		label, ofNamespace := strings.CutPrefix(key, identity.NamespaceLabels)
		positive = positive || r.Operator == metav1.LabelSelectorOpIn || r.Operator == metav1.LabelSelectorOpExists
		switch {
		case source != "any" && source != "k8s":
			m.notUnderstood(": the label `" + r.Key + "`")
		case key == identity.Namespace && (isSubject && m.Kind == Namespaced || r.Operator == metav1.LabelSelectorOpDoesNotExist):
			m.notUnderstood(": the label `" + r.Key + "`")
		case key == identity.Namespace:
			if named = true; r.Operator != metav1.LabelSelectorOpExists {
				r.Key = rule.NamespaceName
				out.Namespaces.MatchExpressions = append(out.Namespaces.MatchExpressions, r)
			}
		case ofNamespace:
			named, r.Key = true, label
			out.Namespaces.MatchExpressions = append(out.Namespaces.MatchExpressions, r)
		case identity.IsOwn(key), !identity.Has(key):
			m.notUnderstood(": the label `" + r.Key + "`")
		default:
			r.Key = key
			out.Pods.MatchExpressions = append(out.Pods.MatchExpressions, r)
		}
	}
	switch {
	case !named && m.Kind == Namespaced, isSubject && m.Kind == Namespaced:
		own := metav1.LabelSelectorRequirement{Key: rule.NamespaceName, Operator: metav1.LabelSelectorOpIn, Values: []string{m.Namespace}}
		out.Namespaces.MatchExpressions = append(out.Namespaces.MatchExpressions, own)
	case named && !positive:
		m.notUnderstood(": a selector that matches what is no pod")
	}
	out.Namespaces, out.Pods = rule.WithLabels(out.Namespaces), rule.WithLabels(out.Pods)
	return out, nil
}

// requirements returns all that a selector asks for, labels as `In`.
func requirements(s *metav1.LabelSelector) []metav1.LabelSelectorRequirement {
	var out []metav1.LabelSelectorRequirement
	for key, value := range s.MatchLabels {
		out = append(out, metav1.LabelSelectorRequirement{Key: key, Operator: metav1.LabelSelectorOpIn, Values: []string{value}})
	}
	slices.SortFunc(out, func(a, b metav1.LabelSelectorRequirement) int { return strings.Compare(a.Key, b.Key) })
	return append(out, s.MatchExpressions...)
}

// plain returns a selector without the sources of its labels, as Kubernetes takes it.
func plain(s *metav1.LabelSelector) *metav1.LabelSelector {
	bare := func(key string) string {
		if _, rest, ok := strings.Cut(key, ":"); ok {
			return rest
		}
		return key
	}
	out := &metav1.LabelSelector{}
	for _, r := range requirements(s) {
		r.Key = bare(r.Key)
		if after, ok := strings.CutPrefix(r.Key, identity.NamespaceLabels); ok {
			r.Key = after
		}
		out.MatchExpressions = append(out.MatchExpressions, r)
	}
	return out
}
