package judges

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/internal/oracle"
)

// names reads what npgen prints, by docs/commands.md and by nothing of npgen's code.
type names struct {
	// workloads and ranges are what names stand for that say nothing of it themselves, spaces namespaces by labels.
	workloads, ranges map[string]oracle.Set
	spaces            map[string]metav1.LabelSelector
	// isStranger reports whether a side is a pod of which the name of a workload says nothing: a set in which there is one
	// pod of a manifest bears the name of that pod, whoever else is in it. It is nil where names say all.
	isStranger func(Side) bool
	// read is names that were read before.
	read map[string]readName
}

type readName struct {
	space string
	set   oracle.Set
}

// has reports whether a name stands for a side. Where the name does not tell, it is what else says.
func (n names) has(w *world, name string, s Side, otherwise bool) (bool, error) {
	head, except, _ := strings.Cut(name, " but ")
	if out, ok := n.addresses(head); ok {
		return w.in(out, s), nil
	}
	of, is, err := n.hasPart(w, head, "", s, otherwise)
	if err != nil || !is || except == "" {
		return is, err
	}
	for _, text := range strings.Split(except, ", ") {
		if strings.HasSuffix(text, " more") { // which, the name does not say
			continue
		}
		if _, out, err := n.hasPart(w, text, of, s, !otherwise); err != nil || out {
			return false, err
		}
	}
	return true, nil
}

func (n names) hasPart(w *world, name, understood string, s Side, otherwise bool) (string, bool, error) {
	key := understood + " " + name
	out, known := n.read[key]
	if !known {
		var err error
		if out.space, out.set, err = n.pods(name, understood); err != nil {
			return "", false, err
		}
		n.read[key] = out
	}
	if n.isStranger != nil && n.isStranger(s) && !strings.HasSuffix(name, "}") && !strings.HasSuffix(name, "*") {
		return out.space, otherwise, nil
	}
	return out.space, w.in(out.set, s), nil
}

// pods returns what ns/workload, ns/* or ns/{app=web} stands for, and the part before the slash. Of one whose namespace
// is understood, that part is missing.
func (n names) pods(name, understood string) (string, oracle.Set, error) {
	space, pods := understood, name
	if at := divide(name); at >= 0 {
		space, pods = name[:at], name[at+1:]
	}
	if out, ok := n.workloads[space+"/"+pods]; ok {
		return space, out, nil
	}
	var out oracle.Selection
	switch selector, isByLabels := n.spaces[space]; {
	case isByLabels:
		out.NamespaceSelector = selector
	case space == "*":
	case strings.HasPrefix(space, "{"):
		s, err := metav1.ParseToLabelSelector(strings.Trim(space, "{}"))
		if err != nil {
			return "", oracle.Set{}, err
		}
		out.NamespaceSelector = *s
	default:
		out.NamespaceSelector = metav1.LabelSelector{MatchLabels: map[string]string{nameLabel: space}}
	}
	if pods != "*" {
		if !strings.HasPrefix(pods, "{") {
			return "", oracle.Set{}, fmt.Errorf("`%s` is no name that is known", name)
		}
		s, err := metav1.ParseToLabelSelector(strings.Trim(pods, "{}"))
		if err != nil {
			return "", oracle.Set{}, err
		}
		out.PodSelector = *s
	}
	return space, oracle.Set{Pods: []oracle.Selection{out}}, nil
}

// divide returns where the slash stands between namespaces and pods, -1 for nowhere.
func divide(name string) int {
	if strings.HasPrefix(name, "{") {
		if at := strings.Index(name, "}/"); at >= 0 {
			return at + 1
		}
		return -1
	}
	at := strings.Index(name, "/")
	if brace := strings.Index(name, "{"); brace >= 0 && brace < at {
		return -1
	}
	return at
}

// addresses returns what (outside), the name of a range and prefixes, with or without exceptions, stand for.
func (n names) addresses(name string) (oracle.Set, bool) {
	if name == "(outside)" {
		return oracle.Set{Addresses: []string{"0.0.0.0/0", "::/0"}}, true
	}
	var out oracle.Set
	for name != "" {
		word, rest, _ := strings.Cut(name, " ")
		if known, ok := n.ranges[word]; ok {
			out.Addresses, out.Blocks = append(out.Addresses, known.Addresses...), append(out.Blocks, known.Blocks...)
		} else if _, err := netip.ParsePrefix(word); err != nil {
			return out, false
		} else if list, after, ok := strings.Cut(strings.TrimPrefix(rest, "except ("), ")"); ok && strings.HasPrefix(rest, "except (") {
			out.Blocks = append(out.Blocks, networkingv1.IPBlock{CIDR: word, Except: strings.Fields(list)})
			rest = strings.TrimPrefix(after, " ")
		} else {
			out.Addresses = append(out.Addresses, word)
		}
		name = rest
	}
	return out, true
}

func newNames() names {
	return names{
		workloads: map[string]oracle.Set{}, ranges: map[string]oracle.Set{}, spaces: map[string]metav1.LabelSelector{},
		read: map[string]readName{},
	}
}

// namesOf is the names that a package gives.
func namesOf(t *talk) names {
	out := newNames()
	for _, s := range t.spaces {
		if s.byLabels {
			out.spaces[s.name] = metav1.LabelSelector{MatchLabels: s.labels}
		}
	}
	for _, w := range t.workloads {
		_, set, _ := out.pods(w.space.name+"/*", "")
		set.Pods[0].PodSelector = w.selector()
		out.workloads[w.space.name+"/"+w.name] = set
	}
	for _, e := range t.externals {
		out.ranges[e.name] = oracle.Set{Blocks: blocks(e.cidrs, e.except)}
	}
	out.ranges["internet"] = oracle.Set{Blocks: blocks([]string{"0.0.0.0/0", "::/0"}, append(notOfInternet(), t.internet...))}
	return out
}

func blocks(cidrs, except []string) []networkingv1.IPBlock {
	var out []networkingv1.IPBlock
	for _, c := range cidrs {
		out = append(out, networkingv1.IPBlock{CIDR: c, Except: except})
	}
	return out
}

// in reports whether a pod or an address is of a set.
func (w *world) in(s oracle.Set, side Side) bool {
	if side.Pod < 0 {
		return within(s.Addresses, side.Addr) || slices.ContainsFunc(s.Blocks, func(b networkingv1.IPBlock) bool {
			return within([]string{b.CIDR}, side.Addr) && !within(b.Except, side.Addr)
		})
	}
	pod := w.pods[side.Pod]
	is := func(x oracle.Selection) bool {
		return matches(x.NamespaceSelector.MatchLabels, x.NamespaceSelector.MatchExpressions, w.labelsOf(pod.Namespace)) &&
			matches(x.PodSelector.MatchLabels, x.PodSelector.MatchExpressions, pod.Labels)
	}
	return slices.ContainsFunc(s.Pods, is) && !slices.ContainsFunc(s.Except, is)
}

// onPorts reports whether a probe goes to one of some ports, each as npgen prints it.
func (w *world) onPorts(ports []string, p Probe) (bool, error) {
	for _, text := range ports {
		all := true
		for _, part := range strings.Split(text, "&") { // a port that is called http and has a number of some
			is, err := w.onPort(part, p)
			if err != nil {
				return false, err
			}
			all = all && is
		}
		if all {
			return true, nil
		}
	}
	return false, nil
}

func (w *world) onPort(text string, p Probe) (bool, error) {
	if text == "*" || text == "other protocols" {
		return text == "*", nil
	}
	number, protocol, has := strings.Cut(text, "/")
	if !has {
		protocol = "tcp"
	}
	same := strings.EqualFold(protocol, string(p.Protocol))
	if number == "*" {
		return same, nil
	}
	low, high, isRange := strings.Cut(number, "-")
	if !isRange {
		high = low
	}
	lo, err := strconv.Atoi(low)
	if err != nil { // a name, in which there may be a dash
		for _, named := range w.portsOf(p.To) {
			if named.Name == number && named.Port == p.Port && protocolOf(named.Protocol) == p.Protocol && same {
				return true, nil
			}
		}
		return false, nil
	}
	hi, err := strconv.Atoi(high)
	return same && lo <= p.Port && p.Port <= hi, err
}
