package statements

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

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
	restrictsNone  = "review: the peers of a rule restrict nothing"
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
				if err := x.restricts(i, d, j); err != nil {
					return nil, nil, err
				}
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

// restricts holds what is said of a rule whose peers restrict nothing: without them all stays as it is.
func (x *reviewed) restricts(i, d, j int) error {
	line := x.lines[i].rules[d][j]
	isSaid := func(f finding) bool {
		return f.Rule == "open-to-all" && len(f.Related) == 1 && f.Related[0].Line == line
	}
	if !slices.ContainsFunc(x.all, isSaid) {
		return nil
	}
	without := slices.Clone(x.Policies)
	without[i] = *without[i].DeepCopy()
	if d == oracle.Ingress {
		without[i].Spec.Ingress[j].From = nil
	} else {
		without[i].Spec.Egress[j].To = nil
	}
	w, err := oracle.New(oracle.Facts{Namespaces: x.Namespaces}, x.Policies, without)
	if err == nil {
		x.hold(true, w.Same(0, 1), restrictsNone, restrictsNone, fmt.Sprintf("rule %d of %s", j, x.Policies[i].Name))
	}
	return err
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
	args := []string{"explain", path}
	if m[4] != "" { // explain knows the labels of a namespace by its manifest
		labelled := filepath.Join(filepath.Dir(path), "labelled.yaml")
		object := "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: " + m[4] + "\n  labels:\n"
		for k, v := range labelsOf(m[5]) {
			object += fmt.Sprintf("    %s: %q\n", k, v)
		}
		if err := os.WriteFile(labelled, []byte(object), 0o666); err != nil {
			x.say(flowIsDenied, "%v", err)
		}
		args = append(args, labelled)
	}
	asked := m[1] + " -> " + m[2] + ":" + m[3]
	// Where there are pods with these labels, explain answers for those first, and the pods of the flow are a group of their own.
	if a := npgen(append(args, asked)...); !strings.Contains(a.out, "denied: ") || strings.Contains(a.out, "\nallowed: "+m[1]+" -> "+m[2]) {
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

// TestReviewOfYAML holds review to what policies that anyone wrote mean for all pods that can exist.
func TestReviewOfYAML(t *testing.T) { ofYAML(t, 3000, random.Policies, judgeReview) }
