package statements

import (
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/npgen/npgen/internal/oracle"
	"github.com/npgen/npgen/internal/oracle/random"
)

// What review says of policies, and that it is silent elsewhere.
const (
	halfOpenSaid   = "review: a peer is half-open"
	halfOpenSilent = "review: a peer is not half-open"
	neverSaid      = "review: a selector never matches"
	neverSilent    = "review: a selector may match"
	impliedSaid    = "review: ingress is denied besides"
	impliedSilent  = "review: ingress is not denied besides"
	flowIsDenied   = "review: a flow is denied"
)

// reviewed is what the findings of one review are held to.
type reviewed struct {
	*random.Cluster
	world *oracle.World
	lines []lines
	all   []finding
	made  []string
	found []wrong
}

// lines is where a policy stands: its spec, its subject, and its peers by direction, rule and place.
type lines struct {
	spec, subject int
	peers         [2][][]peerLines
}

type peerLines struct{ item, pods, namespaces int }

func (x *reviewed) say(statement, format string, args ...any) {
	x.found = append(x.found, wrong{statement, fmt.Sprintf(format, args...)})
}

// hold notes that review spoke of something or did not, and whether that is right.
func (x *reviewed) hold(isSaid, want bool, said, silent, of string) {
	statement := silent
	if isSaid {
		statement = said
	}
	x.made = append(x.made, statement)
	if isSaid != want {
		x.say(statement, "%s", of)
	}
}

// at returns the finding of a rule at a line, or nil.
func (x *reviewed) at(rule string, line int) *finding {
	for i := range x.all {
		if x.all[i].Rule == rule && x.all[i].Line == line {
			return &x.all[i]
		}
	}
	return nil
}

// judgeReview holds what npgen says of the policies of a file to the oracle.
func judgeReview(c *random.Cluster, text, path string) ([]string, []wrong, error) {
	all, err := findings(npgen("review", path, "--format", "json").err)
	if err != nil {
		return nil, nil, err
	}
	x := &reviewed{Cluster: c, all: all}
	if x.lines, err = linesOf(text); err != nil {
		return nil, nil, err
	}
	if x.world, err = oracle.New(oracle.Facts{Namespaces: c.Namespaces, Sets: x.sets()}, c.Policies); err != nil {
		return nil, nil, err
	}
	for i := range c.Policies {
		p := oracle.Default(c.Policies[i])
		x.never(p.Spec.PodSelector, false, x.lines[i].subject)
		x.implied(i)
		for d, rules := range rulesOf(&p) {
			for j, r := range rules {
				for k, peer := range r.peers {
					if err := x.peer(&p, r, peer, d, x.lines[i].peers[d][j][k]); err != nil {
						return nil, nil, err
					}
				}
			}
		}
	}
	for _, f := range all {
		x.denied(f, path)
	}
	return x.made, x.found, nil
}

// writtenRule is a rule of either direction.
type writtenRule struct {
	peers []networkingv1.NetworkPolicyPeer
	ports []networkingv1.NetworkPolicyPort
}

// rulesOf returns the rules that count, by direction.
func rulesOf(p *networkingv1.NetworkPolicy) (out [2][]writtenRule) {
	if slices.Contains(p.Spec.PolicyTypes, networkingv1.PolicyTypeIngress) {
		for _, r := range p.Spec.Ingress {
			out[oracle.Ingress] = append(out[oracle.Ingress], writtenRule{r.From, r.Ports})
		}
	}
	if slices.Contains(p.Spec.PolicyTypes, networkingv1.PolicyTypeEgress) {
		for _, r := range p.Spec.Egress {
			out[oracle.Egress] = append(out[oracle.Egress], writtenRule{r.To, r.Ports})
		}
	}
	return out
}

// sets returns all that the judge asks of, so that the world tells it apart.
func (x *reviewed) sets() []oracle.Set {
	var all []oracle.Selection
	for name := range x.Pods {
		all = append(all, x.workload(name))
	}
	for i := range x.Policies {
		p := oracle.Default(x.Policies[i])
		all = append(all, oracle.In(p.Namespace, p.Spec.PodSelector), oracle.Selection{PodSelector: p.Spec.PodSelector})
		for _, peer := range peersOf(&p) {
			all = append(all, oracle.Selection{PodSelector: selectorOf(peer.PodSelector)}, oracle.Selection{NamespaceSelector: selectorOf(peer.NamespaceSelector)})
		}
	}
	all = append(all, x.spoken()...)
	return []oracle.Set{{Pods: all}}
}

func selectorOf(s *metav1.LabelSelector) metav1.LabelSelector {
	if s == nil {
		return metav1.LabelSelector{}
	}
	return *s
}

func selectionOf(own string, peer networkingv1.NetworkPolicyPeer) oracle.Selection {
	if peer.NamespaceSelector == nil {
		return oracle.In(own, selectorOf(peer.PodSelector))
	}
	return oracle.Selection{NamespaceSelector: *peer.NamespaceSelector, PodSelector: selectorOf(peer.PodSelector)}
}

// workload returns the pods of a workload: those with its labels and no others.
func (x *reviewed) workload(name string) oracle.Selection {
	namespace, _, _ := strings.Cut(name, "/")
	s := metav1.LabelSelector{MatchLabels: x.Pods[name]}
	for _, key := range []string{"app", "tier", "role"} {
		if _, has := x.Pods[name][key]; !has {
			s.MatchExpressions = append(s.MatchExpressions, metav1.LabelSelectorRequirement{Key: key, Operator: metav1.LabelSelectorOpDoesNotExist})
		}
	}
	return oracle.In(namespace, s)
}

// partsOf divides pods by each value that their selector leaves to a label in a list.
func partsOf(s oracle.Selection) []oracle.Selection {
	parts := []oracle.Selection{s}
	for _, key := range []string{"app", "tier", "role"} {
		var values []string
		if v, ok := s.PodSelector.MatchLabels[key]; ok {
			values = append(values, v)
		}
		for _, r := range s.PodSelector.MatchExpressions {
			if r.Key == key && r.Operator == metav1.LabelSelectorOpIn {
				values = append(values, r.Values...)
			}
		}
		slices.Sort(values)
		values = slices.DeleteFunc(slices.Compact(values), func(v string) bool { return !isLeft(&s.PodSelector, key, v) })
		if len(values) < 2 {
			continue
		}
		var next []oracle.Selection
		for _, part := range parts {
			for _, v := range values {
				one := part
				one.PodSelector = *part.PodSelector.DeepCopy()
				one.PodSelector.MatchExpressions = append(one.PodSelector.MatchExpressions, metav1.LabelSelectorRequirement{Key: key, Operator: metav1.LabelSelectorOpIn, Values: []string{v}})
				next = append(next, one)
			}
		}
		parts = next
	}
	return parts
}

// isLeft reports whether a value of a label is all that a selector asks of the label.
func isLeft(s *metav1.LabelSelector, key, value string) bool {
	only := metav1.LabelSelector{}
	if v, ok := s.MatchLabels[key]; ok {
		only.MatchLabels = map[string]string{key: v}
	}
	for _, r := range s.MatchExpressions {
		if r.Key == key {
			only.MatchExpressions = append(only.MatchExpressions, r)
		}
	}
	return oracle.Matches(&only, map[string]string{key: value})
}

// members returns the classes of a selection.
func (x *reviewed) members(s oracle.Selection) ([]int, error) {
	is, err := x.world.Members(&oracle.Set{Pods: []oracle.Selection{s}})
	var out []int
	for e, in := range is {
		if in {
			out = append(out, e)
		}
	}
	return out, err
}

// end is pods at one end: those of a workload, or all of a selection.
type end struct {
	classes    []int
	isWorkload bool
}

// ends returns the pods of a selection: the workloads that it surely selects, and what policies speak of inside of it
// besides; all of it where it has no workloads.
func (x *reviewed) ends(s oracle.Selection) ([]end, error) {
	var out []end
	for _, name := range slices.Sorted(maps.Keys(x.Pods)) {
		if x.selects(s, name) {
			classes, err := x.members(x.workload(name))
			if err != nil {
				return nil, err
			}
			out = append(out, end{classes, true})
		}
	}
	all, err := x.members(s)
	if len(out) == 0 || err != nil {
		return []end{{all, false}}, err
	}
	for _, spoken := range x.spoken() {
		classes, err := x.members(spoken)
		if err != nil {
			return nil, err
		}
		isInside := !slices.ContainsFunc(classes, func(e int) bool { return !slices.Contains(all, e) })
		if isInside && !slices.ContainsFunc(slices.Collect(maps.Keys(x.Pods)), func(name string) bool { return x.selects(spoken, name) }) {
			out = append(out, end{classes, false})
		}
	}
	return out, nil
}

// selects reports whether a selection has the pods of a workload, whatever is not known of its namespace.
func (x *reviewed) selects(s oracle.Selection, workload string) bool {
	namespace, _, _ := strings.Cut(workload, "/")
	given, isKnown := x.Namespaces[namespace]
	keys := slices.Collect(maps.Keys(s.NamespaceSelector.MatchLabels))
	for _, r := range s.NamespaceSelector.MatchExpressions {
		keys = append(keys, r.Key)
	}
	if !isKnown && slices.ContainsFunc(keys, func(k string) bool { return k != oracle.NameLabel }) {
		return false
	}
	labels := map[string]string{}
	maps.Copy(labels, given)
	labels[oracle.NameLabel] = namespace
	return oracle.Matches(&s.NamespaceSelector, labels) && oracle.Matches(&s.PodSelector, x.Pods[workload])
}

// spoken returns the pods of which policies speak, each value of a list by itself.
func (x *reviewed) spoken() []oracle.Selection {
	var out []oracle.Selection
	add := func(s oracle.Selection) {
		if len(s.PodSelector.MatchLabels)+len(s.PodSelector.MatchExpressions) > 0 {
			out = append(out, partsOf(s)...)
		}
	}
	for i := range x.Policies {
		p := &x.Policies[i]
		add(oracle.In(p.Namespace, p.Spec.PodSelector))
		for _, peer := range peersOf(p) {
			add(selectionOf(p.Namespace, peer))
		}
	}
	return out
}

// peersOf returns the peers by labels of all rules, whether or not they count.
func peersOf(p *networkingv1.NetworkPolicy) []networkingv1.NetworkPolicyPeer {
	var out []networkingv1.NetworkPolicyPeer
	for _, r := range p.Spec.Ingress {
		out = append(out, r.From...)
	}
	for _, r := range p.Spec.Egress {
		out = append(out, r.To...)
	}
	return slices.DeleteFunc(out, func(p networkingv1.NetworkPolicyPeer) bool { return p.IPBlock != nil })
}

// never holds the selectors of pods or of namespaces that contradict themselves.
func (x *reviewed) never(s metav1.LabelSelector, ofNamespaces bool, line int) bool {
	free, err := oracle.New(oracle.Facts{Sets: []oracle.Set{{Pods: []oracle.Selection{{NamespaceSelector: s}, {PodSelector: s}}}}})
	if err != nil {
		return false
	}
	selection := oracle.Selection{PodSelector: s}
	if ofNamespaces {
		selection = oracle.Selection{NamespaceSelector: s}
	}
	in, err := free.Members(&oracle.Set{Pods: []oracle.Selection{selection}})
	isEmpty := err == nil && !slices.Contains(in, true)
	x.hold(x.at("never-matches", line) != nil, isEmpty, neverSaid, neverSilent, metav1.FormatLabelSelector(&s))
	return isEmpty
}

// implied holds what is said of policies that are for ingress without saying so.
func (x *reviewed) implied(i int) {
	p := x.Policies[i]
	if len(p.Spec.PolicyTypes) > 0 || len(p.Spec.Ingress) > 0 || len(p.Spec.Egress) == 0 || p.Spec.Ingress != nil {
		return
	}
	p = oracle.Default(p)
	ends, err := x.ends(oracle.In(p.Namespace, p.Spec.PodSelector))
	others, err2 := oracle.New(oracle.Facts{Namespaces: x.Namespaces, Sets: x.sets()}, x.Policies, slices.Delete(slices.Clone(x.Policies), i, i+1))
	if err != nil || err2 != nil || len(ends[0].classes) == 0 {
		return
	}
	want := slices.ContainsFunc(ends, func(s end) bool {
		return slices.ContainsFunc(s.classes, func(e int) bool { return !others.IsIsolated(1, oracle.Ingress, e) })
	})
	x.hold(x.at("implied-ingress", x.lines[i].spec) != nil, want, impliedSaid, impliedSilent, p.Name)
}

// peer holds what is said of a peer of a rule.
func (x *reviewed) peer(p *networkingv1.NetworkPolicy, r writtenRule, peer networkingv1.NetworkPolicyPeer, d int, at peerLines) error {
	if peer.IPBlock != nil || peer.NamespaceSelector != nil && x.never(*peer.NamespaceSelector, true, at.namespaces) {
		return nil
	}
	if peer.PodSelector == nil || len(peer.PodSelector.MatchLabels)+len(peer.PodSelector.MatchExpressions) == 0 {
		return nil
	}
	x.never(*peer.PodSelector, false, at.pods)
	subjects, err := x.ends(oracle.In(p.Namespace, p.Spec.PodSelector))
	if err != nil {
		return err
	}
	var closed, open []string
	for _, part := range partsOf(selectionOf(p.Namespace, peer)) {
		peers, err := x.ends(part)
		if err != nil {
			return err
		}
		is, err := x.isClosed(subjects, peers, r.ports, d)
		if err != nil {
			return err
		}
		text := metav1.FormatLabelSelector(&metav1.LabelSelector{MatchExpressions: part.PodSelector.MatchExpressions[len(peer.PodSelector.MatchExpressions):]})
		if is {
			closed = append(closed, text)
		} else {
			open = append(open, text)
		}
	}
	f := x.at("half-open", at.item)
	if f == nil && len(closed) > 0 && x.hasRanges(1-d) {
		return nil // a range may be those pods, which review takes into account
	}
	of := fmt.Sprintf("the peer `%s` of %s: closed %v, open %v; npgen says %v", metav1.FormatLabelSelector(peer.PodSelector), p.Name, closed, open, f)
	x.hold(f != nil, len(closed) > 0, halfOpenSaid, halfOpenSilent, of)
	if f != nil && len(open) > 0 && len(closed) > 0 && strings.Count(saidPods.FindString(f.Message), "`") != 2*len(closed) {
		x.say(halfOpenSaid, "%s", of)
	}
	return nil
}

// saidPods is how a finding names the pods of a peer.
var saidPods = regexp.MustCompile("to the pods .*: their own")

// hasRanges reports whether rules of a direction name ranges.
func (x *reviewed) hasRanges(d int) bool {
	for i := range x.Policies {
		p := oracle.Default(x.Policies[i])
		for _, r := range rulesOf(&p)[d] {
			if slices.ContainsFunc(r.peers, func(q networkingv1.NetworkPolicyPeer) bool { return q.IPBlock != nil }) {
				return true
			}
		}
	}
	return false
}

// isClosed reports whether the policies of peers let none of the flows of a rule pass, of which there are some.
func (x *reviewed) isClosed(subjects, peers []end, ports []networkingv1.NetworkPolicyPort, d int) (bool, error) {
	some := false
	for _, s := range subjects {
		for _, q := range peers {
			to := q
			if d == oracle.Ingress {
				to = s
			}
			wanted, err := x.ports(ports, to.isWorkload)
			if err != nil || wanted.IsEmpty() {
				return false, err
			}
			for _, subject := range s.classes {
				for _, peer := range q.classes {
					from, to := subject, peer
					if d == oracle.Ingress {
						from, to = peer, subject
					}
					if !x.world.Possible(from, to) {
						continue
					}
					some = true
					if !x.world.Half(0, 1-d, peer, subject).And(wanted).IsEmpty() {
						return false, nil
					}
				}
			}
		}
	}
	return some, nil
}

// ports returns the ports of a rule; workloads have no names for any.
func (x *reviewed) ports(ports []networkingv1.NetworkPolicyPort, ofWorkload bool) (oracle.Ports, error) {
	texts := []string{"*"}
	if len(ports) > 0 {
		texts = nil
	}
	for _, p := range ports {
		protocol := "tcp"
		if p.Protocol != nil {
			protocol = strings.ToLower(string(*p.Protocol))
		}
		switch {
		case p.Port == nil:
			texts = append(texts, "*/"+protocol)
		case p.Port.Type == intstr.String && ofWorkload:
		case p.EndPort != nil:
			texts = append(texts, fmt.Sprintf("%d-%d/%s", p.Port.IntVal, *p.EndPort, protocol))
		default:
			texts = append(texts, p.Port.String()+"/"+protocol)
		}
	}
	out, err := x.world.PortsOf(texts...)
	if err != nil || !ofWorkload {
		return out, err
	}
	var names []string
	for i := range x.Policies {
		p := oracle.Default(x.Policies[i])
		for _, rules := range rulesOf(&p) {
			for _, r := range rules {
				for _, port := range r.ports {
					if port.Port != nil && port.Port.Type == intstr.String {
						for _, protocol := range []string{"", "/udp", "/sctp"} {
							names = append(names, port.Port.StrVal+protocol)
						}
					}
				}
			}
		}
	}
	called, err := x.world.PortsOf(names...)
	return out.Minus(called), err
}

// saidFlow is how a finding shows a flow.
var saidFlow = regexp.MustCompile("`([^`]*) -> ([^`]*):([^`:]+)`(?:, where namespace (\\S+) has (\\S+),)? is denied$")

// denied holds the flow that a finding shows, to the oracle and to `npgen explain`.
func (x *reviewed) denied(f finding, path string) {
	m := saidFlow.FindStringSubmatch(f.Message)
	if m == nil {
		return
	}
	x.made = append(x.made, flowIsDenied)
	flow := oracle.Witness{From: x.witnessEnd(m[1], m[4], m[5]), To: x.witnessEnd(m[2], m[4], m[5]), Port: m[3]}
	if err := flow.Check(x.Namespaces); err != nil {
		x.say(flowIsDenied, "%s: %v", f.Message, err)
		return
	}
	if flow.IsOpen(x.Policies) {
		x.say(flowIsDenied, "%s: it is open", f.Message)
	}
	asked := m[1] + " -> " + m[2] + ":" + m[3]
	if a := npgen("explain", path, asked); !strings.Contains(a.out, "denied") || strings.Contains(a.out, "allowed") {
		x.say(flowIsDenied, "%s: `npgen explain` says %s%s", f.Message, a.out, a.err)
	}
}

func (x *reviewed) witnessEnd(text, labelled, labels string) oracle.WitnessEnd {
	if a, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
		return oracle.WitnessEnd{Address: a.String()}
	}
	namespace, rest, _ := strings.Cut(text, "/")
	out := oracle.WitnessEnd{Namespace: namespace, Labels: labelsOf(strings.Trim(rest, "{}")), NamespaceLabels: x.Namespaces[namespace]}
	if namespace == labelled {
		out.NamespaceLabels = labelsOf(labels)
	}
	return out
}

func labelsOf(text string) map[string]string {
	out := map[string]string{}
	for pair := range strings.SplitSeq(text, ",") {
		if key, value, ok := strings.Cut(pair, "="); ok {
			out[key] = value
		}
	}
	return out
}

// linesOf finds where the policies of a stream stand.
func linesOf(text string) ([]lines, error) {
	var out []lines
	decoder := yaml.NewDecoder(strings.NewReader(text))
	for {
		var document yaml.Node
		if decoder.Decode(&document) != nil {
			return out, nil
		}
		_, kind := field(document.Content[0], "kind")
		if kind.Value != "NetworkPolicy" {
			continue
		}
		var at lines
		key, spec := field(document.Content[0], "spec")
		at.spec = key.Line
		subject, _ := field(spec, "podSelector")
		at.subject = subject.Line
		for d, names := range [2][2]string{oracle.Ingress: {"ingress", "from"}, oracle.Egress: {"egress", "to"}} {
			_, rules := field(spec, names[0])
			for _, r := range rules.Content {
				_, peers := field(r, names[1])
				var all []peerLines
				for _, peer := range peers.Content {
					pods, _ := field(peer, "podSelector")
					namespaces, _ := field(peer, "namespaceSelector")
					all = append(all, peerLines{peer.Line, pods.Line, namespaces.Line})
				}
				at.peers[d] = append(at.peers[d], all)
			}
		}
		out = append(out, at)
	}
}

// field returns a field of a mapping; both are empty where it has none.
func field(of *yaml.Node, name string) (key, value *yaml.Node) {
	for i := 0; i+1 < len(of.Content); i += 2 {
		if of.Content[i].Value == name {
			return of.Content[i], of.Content[i+1]
		}
	}
	return &yaml.Node{}, &yaml.Node{}
}

// TestReviewOfYAML holds review to what policies that anyone wrote mean for all pods that can exist.
func TestReviewOfYAML(t *testing.T) {
	first, count := seeds(t, 3000)
	x := newTally()
	every(first, count, func(seed uint64) {
		c, dir := random.Policies(seed), t.TempDir()
		judge := func(c *random.Cluster) ([]string, []wrong, error) {
			text, err := c.YAML()
			if err != nil {
				return nil, nil, err
			}
			return judgeReview(c, text, write(t, dir, "policies.yaml", text))
		}
		made, found, err := judge(c)
		if err != nil {
			t.Errorf("seed %d: %v", seed, err)
			return
		}
		x.makes(made...)
		x.isWrong(seed, found, func(w wrong) string {
			last := w.says
			still := func(c, _ *random.Cluster) bool {
				_, found, _ := judge(c)
				at := slices.IndexFunc(found, func(o wrong) bool { return o.statement == w.statement })
				if at >= 0 {
					last = found[at].says
				}
				return at >= 0
			}
			small, _ := random.Shrink(c, &random.Cluster{}, still)
			text, _ := small.YAML()
			return fmt.Sprintf("%s\nof which: %s", text, last)
		})
	})
	x.report(t, count)
}
