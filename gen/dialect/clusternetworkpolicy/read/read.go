// Package read reads ClusterNetworkPolicies of policy.networking.k8s.io/v1alpha2, and says what they mean.
//
// In: the JSON of an object. Out: a neutral policy of the tier Admin or Baseline, and what of it is not in there, since
// nobody can tell from policies whom it means: `nodes`, `domainNames`, and pods that have an address of `networks`. It
// refuses what the API server would refuse, and every field that it does not know.
//
// Source: sigs.k8s.io/network-policy-api v0.2.0, apis/v1alpha2, both channels.
package read

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	kjson "sigs.k8s.io/json"

	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/sets"
)

// The kind that is read.
const (
	APIVersion = "policy.networking.k8s.io/v1alpha2"
	Kind       = "ClusterNetworkPolicy"
)

// most is how many rules a direction may have, peers a rule, protocols a rule and addresses a peer (MaxItems).
const most = 25

// Policy returns what an object means, and what of it is not counted, in words.
func Policy(data []byte) (out rule.Policy, notCounted []string, err error) {
	var o object
	unknown, err := kjson.UnmarshalStrict(data, &o)
	switch {
	case err != nil:
		return out, nil, err
	case len(unknown) > 0:
		return out, nil, unknown[0]
	case o.APIVersion != APIVersion || o.Kind != Kind:
		return out, nil, fmt.Errorf("%s %s is no ClusterNetworkPolicy of %s", o.APIVersion, o.Kind, APIVersion)
	case o.Spec == nil:
		return out, nil, errors.New("there is no `spec`")
	}
	r := &reader{}
	out = r.policy(&o)
	return out, r.notCounted, errors.Join(r.errs...)
}

// reader collects what is wrong with an object.
type reader struct {
	errs       []error
	notCounted []string
}

func (r *reader) fault(format string, args ...any) {
	r.errs = append(r.errs, fmt.Errorf(format, args...))
}

// leaveOut notes what is not counted, each once.
func (r *reader) leaveOut(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(r.notCounted, text) {
		r.notCounted = append(r.notCounted, text)
	}
}

func (r *reader) policy(o *object) rule.Policy {
	out := rule.Policy{Kind: Kind, Name: o.Metadata.Name}
	if problems := validation.IsDNS1123Subdomain(out.Name); len(problems) > 0 {
		r.fault("`%s` is not a name", out.Name)
	}
	if o.Metadata.Namespace != "" {
		r.fault("it is the cluster's and has no `namespace`")
	}
	switch s := o.Spec; {
	case s.Tier == rule.Admin.String():
		out.Tier = rule.Admin
	case s.Tier == rule.Baseline.String():
		out.Tier = rule.Baseline
	default:
		r.fault("`spec.tier` is `%s`, and not Admin or Baseline", s.Tier)
	}
	if p := o.Spec.Priority; p == nil || *p < 0 || *p > 1000 {
		r.fault("`spec.priority` is not a number from 0 to 1000")
	} else {
		out.Priority = int(*p)
	}
	r.subject(o.Spec.Subject, &out)
	for _, d := range graph.AllDirections() {
		rules := o.Spec.Ingress
		if d == graph.Egress {
			rules = o.Spec.Egress
		}
		if len(rules) > most {
			r.fault("`spec.%s` has %d rules, and at most %d can be", d, len(rules), most)
		}
		for i := range rules {
			out.Rules = append(out.Rules, r.rule(&rules[i], d, i))
		}
	}
	return out
}

func (r *reader) subject(s *subject, out *rule.Policy) {
	switch {
	case s == nil || (s.Namespaces == nil) == (s.Pods == nil):
		r.fault("`spec.subject` must have either `namespaces` or `pods`")
	case s.Pods != nil:
		out.Namespaces, out.Subject = r.pods(s.Pods, "spec.subject.pods")
	default:
		out.Namespaces = r.selector(s.Namespaces, "spec.subject.namespaces")
	}
}

// pods returns the selectors of namespaces and pods.
func (r *reader) pods(p *pods, at string) (namespaces, selected *metav1.LabelSelector) {
	if p.PodSelector == nil {
		r.fault("`%s` has no `podSelector`", at)
	}
	namespaces = r.selector(p.NamespaceSelector, at+".namespaceSelector")
	if namespaces == nil {
		namespaces = &metav1.LabelSelector{}
	}
	return namespaces, r.selector(p.PodSelector, at+".podSelector")
}

func (r *reader) selector(s *metav1.LabelSelector, at string) *metav1.LabelSelector {
	if _, err := metav1.LabelSelectorAsSelector(s); err != nil {
		r.fault("`%s`: %w", at, err)
	}
	return s
}

func (r *reader) rule(e *entry, d graph.Directions, index int) rule.Rule {
	at := fmt.Sprintf("spec.%s[%d]", d, index)
	out := rule.Rule{Direction: d, Index: index, Nobody: true}
	if len(e.Name) > 100 {
		r.fault("`%s.name` has more than 100 characters", at)
	}
	actions := []rule.Action{rule.Accept, rule.Deny, rule.Pass}
	if i := slices.IndexFunc(actions, func(a rule.Action) bool { return a.String() == e.Action }); i < 0 {
		r.fault("`%s.action` is `%s`, and not Accept, Deny or Pass", at, e.Action)
	} else {
		out.Action = actions[i]
	}
	field, peers, others := "from", e.From, e.To
	if d == graph.Egress {
		field, peers, others = "to", e.To, e.From
	}
	switch {
	case others != nil:
		r.fault("`%s` has the peers of the other direction", at)
	case len(peers) == 0 || len(peers) > most:
		r.fault("`%s.%s` has %d peers, and not 1 to %d", at, field, len(peers), most)
	}
	out.Ports, out.Named = r.protocols(e, at)
	for i := range peers {
		r.peer(&peers[i], d, fmt.Sprintf("%s.%s[%d]", at, field, i), &out)
	}
	if len(out.Named) > 0 && slices.ContainsFunc(peers, func(p peer) bool { return p.Namespaces == nil && p.Pods == nil }) {
		r.fault("`%s` has a port by name, which only pods have", at)
	}
	return out
}

// peer adds a peer of a rule.
func (r *reader) peer(p *peer, d graph.Directions, at string, to *rule.Rule) {
	kinds := 0
	for _, has := range []bool{p.Namespaces != nil, p.Pods != nil, p.Nodes != nil, p.Networks != nil, p.DomainNames != nil} {
		if has {
			kinds++
		}
	}
	switch {
	case kinds != 1:
		r.fault("`%s` must say one of `namespaces`, `pods` and, for egress, `networks`, `nodes` and `domainNames`", at)
	case p.Namespaces != nil:
		to.Peers = append(to.Peers, rule.Peer{Namespaces: r.selector(p.Namespaces, at+".namespaces")})
	case p.Pods != nil:
		namespaces, selected := r.pods(p.Pods, at+".pods")
		to.Peers = append(to.Peers, rule.Peer{Namespaces: namespaces, Pods: selected})
	case d == graph.Ingress:
		r.fault("`%s` has a field that only peers of egress have", at)
	case p.Networks != nil:
		r.networks(p.Networks, at+".networks", to)
	case p.Nodes != nil:
		r.selector(p.Nodes, at+".nodes")
		r.leaveOut("its rules for `nodes`, of which the addresses are not known")
	default:
		r.domainNames(p.DomainNames, at+".domainNames", to)
	}
}

func (r *reader) domainNames(names []string, at string, to *rule.Rule) {
	if len(names) == 0 || len(names) > most {
		r.fault("`%s` has %d names, and not 1 to %d", at, len(names), most)
	}
	if to.Action != rule.Accept {
		r.fault("`%s`: names are for rules that accept", at)
	}
	r.leaveOut("its rules for `domainNames`, of which the addresses are not known")
}

// networks adds addresses. They hold for pods and nodes that have one of them, too: all pods where all addresses of a
// family are meant, and else nobody knows which.
func (r *reader) networks(networks []string, at string, to *rule.Rule) {
	if len(networks) == 0 || len(networks) > most {
		r.fault("`%s` has %d ranges, and not 1 to %d", at, len(networks), most)
	}
	var all []netip.Prefix
	for i, text := range networks {
		p, err := netip.ParsePrefix(text)
		if err != nil || p.Addr().Is4In6() {
			r.fault("`%s[%d]`: `%s` is not a range of addresses, as 10.0.0.0/8", at, i, text)
			continue
		}
		if slices.Contains(networks[:i], text) {
			r.fault("`%s[%d]`: `%s` stands there twice", at, i, text)
		}
		all = append(all, p)
		to.Peers = append(to.Peers, rule.Peer{Block: &rule.Block{CIDR: text, Addresses: sets.AddressesOf([]netip.Prefix{p}, nil)}})
	}
	addresses := sets.AddressesOf(all, nil)
	whole := 0
	for _, family := range []string{"0.0.0.0/0", "::/0"} {
		if ranges(family).Within(addresses) {
			whole++
		}
	}
	if whole > 0 {
		to.Peers = append(to.Peers, rule.Peer{Namespaces: &metav1.LabelSelector{}})
	}
	switch {
	case whole == 1:
		r.leaveOut("what its `networks` mean for pods by the other family of addresses")
	case whole == 0 && addresses.Overlaps(podRanges()):
		r.leaveOut("what its `networks` mean for pods and nodes with such addresses, which are not known")
	}
}

// podRanges returns the addresses that pods and nodes of a cluster may have: those that are not for the internet (RFC 1918,
// RFC 6598), and all of IPv6 but those of one link.
func podRanges() sets.Addresses {
	return ranges("10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10 ::/0").Minus(ranges("::/127 fe80::/10 ff00::/8"))
}

func ranges(text string) sets.Addresses {
	var out []netip.Prefix
	for _, p := range strings.Fields(text) {
		out = append(out, netip.MustParsePrefix(p))
	}
	return sets.AddressesOf(out, nil)
}

func (r *reader) protocols(e *entry, at string) (sets.Ports, []rule.PortName) {
	switch {
	case e.Protocols == nil:
		return sets.AllPorts(), nil
	case len(e.Protocols) == 0 || len(e.Protocols) > most:
		r.fault("`%s.protocols` has %d entries, and not 1 to %d", at, len(e.Protocols), most)
	}
	var numbers sets.Ports
	var names []rule.PortName
	for i, p := range e.Protocols {
		at := fmt.Sprintf("%s.protocols[%d]", at, i)
		kinds := 0
		for protocol, x := range map[sets.Protocol]*destination{sets.TCP: p.TCP, sets.UDP: p.UDP, sets.SCTP: p.SCTP} {
			if x != nil {
				kinds++
				numbers = numbers.Union(r.port(protocol, x, at))
			}
		}
		if p.Named != nil {
			kinds++
			for _, protocol := range sets.Protocols() {
				if name := (rule.PortName{Name: *p.Named, Protocol: protocol}); !slices.Contains(names, name) {
					names = append(names, name)
				}
			}
			if err := graph.CheckPortName(*p.Named); err != nil {
				r.fault("`%s`: %w", at, err)
			}
		}
		if kinds != 1 {
			r.fault("`%s` must say one of `tcp`, `udp`, `sctp` and `destinationNamedPort`", at)
		}
	}
	return numbers, names
}

func (r *reader) port(protocol sets.Protocol, d *destination, at string) sets.Ports {
	lo, hi := int32(0), int32(0)
	switch {
	case d.Port == nil || (d.Port.Number == nil) == (d.Port.Range == nil):
		r.fault("`%s` must say `destinationPort` with `number` or `range`", at)
		return nil
	case d.Port.Number != nil:
		lo, hi = *d.Port.Number, *d.Port.Number
	default:
		if lo, hi = d.Port.Range.Start, d.Port.Range.End; lo >= hi {
			r.fault("`%s`: the range does not start before it ends", at)
			return nil
		}
	}
	if lo < 1 || hi > 65535 {
		r.fault("`%s`: ports are 1 to 65535", at)
		return nil
	}
	return sets.PortRange(protocol, int(lo), int(hi))
}
