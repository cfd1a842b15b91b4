// Package answer puts answers into words: text for people, JSON, CSV and Markdown.
//
// In: what package flows found. Out: bytes in one of the formats of an answer, and findings of claims that do not hold.
// It refuses formats that it does not have.
package answer

import (
	"fmt"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/flows"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/mend"
	"github.com/npgen/npgen/gen/rule"
)

// Explanation is the answer to a question, in words.
type Explanation struct {
	// Cluster is the one that every line and answer names; "" is none. Unasked says why the question cannot be asked about
	// it; then there is no answer.
	Cluster string `json:"-"`
	Unasked string `json:"-"`
	// Question is as it was asked, Verdict for all its pairs: partly allowed where they differ.
	Question string        `json:"question"`
	Verdict  flows.Verdict `json:"verdict"`
	Groups   []Group       `json:"answers"`
	// Notes say what the question was taken for.
	Notes []string `json:"notes,omitempty"`
}

// Group is pairs of which policies say the same, explained by the first of them.
type Group struct {
	Cluster string        `json:"cluster,omitempty"`
	Verdict flows.Verdict `json:"verdict"`
	Pairs   []string      `json:"pairs"`
	Asked   string        `json:"asked"`
	Open    string        `json:"open"`
	Egress  Half          `json:"egress"`
	Ingress Half          `json:"ingress"`
	// Hypothetical is set for pods by labels that nothing declares, where there are others with these labels: they are shown
	// where policies say something else of them, and the verdict is not theirs.
	Hypothetical bool `json:"hypothetical,omitempty"`
	// Fix says how to allow what is not: the edge of a package. Changes are the rules that allow the first of the pairs, for
	// policies that somebody wrote, and NoChanges why there are none.
	Fix       string   `json:"fix,omitempty"`
	Changes   []Change `json:"changes,omitempty"`
	NoChanges string   `json:"noChanges,omitempty"`
	// answer is the first of them.
	answer flows.Answer
}

// Half is one side of a flow in words.
type Half struct {
	Of       string `json:"of"`
	Isolated bool   `json:"isolated"`
	Open     string `json:"open"`
	Closed   string `json:"closed"`
	// Policies counts the policies that isolate the pod.
	Policies int      `json:"policies"`
	Reasons  []Reason `json:"reasons"`
	// Missing is the rule that is missing.
	Missing string `json:"missing,omitempty"`
}

// Change is rules to add to a field of a policy, or a new policy.
type Change struct {
	// Object is the policy, as `NetworkPolicy shop/db`, and At where it stands: "" for a new one.
	Object string `json:"object"`
	At     string `json:"at"`
	Field  string `json:"field"`
	YAML   string `json:"yaml"`
}

// Reason is a policy, rule or edge that decides, and where it stands.
type Reason struct {
	Pos  string `json:"pos"`
	Text string `json:"text"`
}

// Explain answers a question that Inquiry.Ask resolved.
func Explain(in *flows.Inquiry, question string, asked []flows.Asked) Explanation {
	var answers []flows.Answer
	var notes []string
	for _, a := range asked {
		answers = append(answers, in.Answers(a)...)
		notes = append(notes, a.Notes...)
	}
	out := explanation(in, question, answers)
	out.Notes = notes
	return out
}

// ofThose returns the answers about pods that there are, and those about others which are not among what is said of them.
// An end of which there are no pods is what it was asked as.
func ofThose(answers []flows.Answer) (counting, others []flows.Answer) {
	isFrom := slices.ContainsFunc(answers, func(a flows.Answer) bool { return !a.From.IsHypothetical })
	isTo := slices.ContainsFunc(answers, func(a flows.Answer) bool { return !a.To.IsHypothetical })
	var hypothetical []flows.Answer
	for _, a := range answers {
		if a.From.IsHypothetical && isFrom || a.To.IsHypothetical && isTo {
			hypothetical = append(hypothetical, a)
		} else {
			counting = append(counting, a)
		}
	}
	for _, a := range hypothetical {
		if !slices.ContainsFunc(counting, func(b flows.Answer) bool { return a.Verdict() == b.Verdict() && a.Open.Equal(b.Open) }) {
			others = append(others, a)
		}
	}
	return counting, others
}

// explanation puts answers into words; it sorts them.
func explanation(in *flows.Inquiry, question string, answers []flows.Answer) Explanation {
	e := explainer{in}
	answers, others := ofThose(answers)
	out := Explanation{Question: strings.TrimSpace(question), Verdict: verdict(answers)}
	slices.SortStableFunc(answers, func(a, b flows.Answer) int { return rank(a.Verdict()) - rank(b.Verdict()) })
	at := map[string]int{}
	for i, a := range slices.Concat(answers, others) {
		key := signature(a)
		if i >= len(answers) {
			key += " hypothetical"
		}
		group, known := at[key]
		if !known {
			group = len(out.Groups)
			at[key] = group
			out.Groups = append(out.Groups, e.group(a))
			out.Groups[len(out.Groups)-1].Hypothetical = strings.HasSuffix(key, " hypothetical")
		}
		out.Groups[group].Pairs = append(out.Groups[group].Pairs, a.From.Name+" -> "+a.To.Name+":"+a.Asked.Words())
	}
	return out
}

// Allowed reports whether each pair is allowed on all of its ports.
func (x Explanation) Allowed() bool { return x.Verdict == flows.Allowed }

// rank orders verdicts: what is not allowed comes first, as it is what the reader looks for.
func rank(v flows.Verdict) int {
	return slices.Index([]flows.Verdict{flows.Denied, flows.Undecided, flows.Partly, flows.Allowed}, v)
}

// verdict returns the verdict for all answers: partly where they differ.
func verdict(answers []flows.Answer) flows.Verdict {
	out := flows.Verdict("")
	for _, a := range answers {
		if v := a.Verdict(); out == "" || out == v {
			out = v
		} else {
			return flows.Partly
		}
	}
	return out
}

// signature is equal for pairs that the same rules decide alike.
func signature(a flows.Answer) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", a.Asked, a.Open)
	for _, s := range []flows.Side{a.Egress, a.Ingress} {
		fmt.Fprintf(&b, "|%t %s", s.Governed(), s.Open)
		for _, r := range s.Isolating {
			fmt.Fprintf(&b, " %d", r.Index)
		}
		for _, r := range s.Opening {
			fmt.Fprintf(&b, " %d.%d", r.Index, r.Rule)
		}
		for _, d := range s.Decisions {
			fmt.Fprintf(&b, " %d.%d=%s", d.Index, d.Rule, d.Ports)
		}
	}
	return b.String()
}

// explainer puts what an inquiry found into words.
type explainer struct{ *flows.Inquiry }

func (in explainer) group(a flows.Answer) Group {
	out := Group{
		Verdict: a.Verdict(), Asked: a.Asked.Words(), Open: a.Open.Words(),
		Egress: in.half(a, a.Egress), Ingress: in.half(a, a.Ingress), answer: a,
	}
	switch {
	case out.Verdict != flows.Denied && out.Verdict != flows.Partly:
	case in.Graph != nil:
		out.Fix = in.fix(a)
	case in.builtFrom(a) != "":
		out.Fix = fmt.Sprintf("write the edge from %s to %s, on %s, in the package `%s`, of which npgen built these policies: what is written into them the next build removes",
			a.From.Name, a.To.Name, a.Asked.Minus(a.Open).Words(), in.builtFrom(a))
	default:
		mending := mend.Mend(in.Inquiry, a)
		out.NoChanges = mending.Refused
		for _, c := range mending.Changes {
			object := diag.Object{Kind: "NetworkPolicy", Namespace: c.Namespace, Name: c.Name}
			out.Changes = append(out.Changes, Change{object.String(), c.At, c.Field, c.YAML})
		}
	}
	return out
}

// builtFrom returns the package of the policies that close a flow, "" where somebody wrote them.
func (in explainer) builtFrom(a flows.Answer) string {
	for _, s := range []flows.Side{a.Egress, a.Ingress} {
		if name := in.BuiltFrom(s); name != "" && !a.Closed(s).IsEmpty() {
			return name
		}
	}
	return ""
}

func (in explainer) half(a flows.Answer, s flows.Side) Half {
	out := Half{
		Of: s.Subject.Name, Isolated: len(s.Isolating) > 0, Policies: len(s.Isolating),
		Open: s.Open.Words(), Closed: a.Closed(s).Words(), Reasons: []Reason{},
	}
	switch {
	case s.Subject.Pod == nil:
		out.because(diag.Pos{}, "policies govern pods, not addresses")
		return out
	case !s.Governed():
		out.because(diag.Pos{}, "%s is on the host network, which policies do not govern", s.Subject.Name)
		return out
	}
	in.decisions(&out, s, func(t rule.Tier) bool { return t != rule.Baseline })
	if !out.Isolated {
		if !a.Asked.Within(s.Decided()) {
			out.because(diag.Pos{}, "no policy isolates %s for %s", s.Subject.Name, s.Direction)
		}
		in.decisions(&out, s, func(t rule.Tier) bool { return t == rule.Baseline })
		return out
	}
	for _, r := range s.Opening {
		out.because(in.PlaceOf(r.RuleRef), "%s opens %s %s %s", in.ruleName(r.RuleRef), r.Ports.Words(), preposition(s.Direction), in.ruleWords(r.RuleRef))
	}
	if in.Graph != nil && len(s.Opening) > 0 {
		for _, d := range in.Evaluator.Declared(in.Graph, s, a.Asked) {
			out.because(d.Pos, "%s", d.Text)
		}
	}
	if out.Closed != "" {
		in.closed(&out, a, s)
	}
	return out
}

// mostNear is how many rules that nearly open a flow are shown.
const mostNear = 3

// closed says what isolates the subject, which rules come near, and what is missing.
func (in explainer) closed(out *Half, a flows.Answer, s flows.Side) {
	for _, r := range s.Isolating {
		p, pos := in.PolicyOf(r)
		out.because(pos, "%s isolates %s", p, subjectWords(p))
	}
	if p := s.Other.Pod; p != nil && p.HostNetwork {
		in.closedToNode(out, s)
		return
	}
	for _, r := range s.Near[:min(len(s.Near), mostNear)] {
		words := in.ruleWords(r.RuleRef)
		ports := "ports " + r.Ports.Words()
		if len(r.Ports) == 0 {
			ports = "ports that " + a.To.Name + " has no name for"
		}
		text := "%s opens %s, but %s %s"
		if r.Peer {
			text = "%s opens only %s %s %s"
		}
		out.because(in.PlaceOf(r.RuleRef), text, in.ruleName(r.RuleRef), ports, preposition(s.Direction), words)
	}
	if closed := a.Closed(s).Minus(s.Denied); !closed.IsEmpty() {
		out.Missing = fmt.Sprintf("an %s rule %s %s, on %s, in a policy that selects %s",
			s.Direction, preposition(s.Direction), describe(s.Other), closed.Words(), s.Subject.Name)
	}
}

// decisions says what rules of some tiers decide.
func (in explainer) decisions(out *Half, s flows.Side, of func(rule.Tier) bool) {
	for _, d := range s.Decisions {
		if !of(d.Tier) {
			continue
		}
		p, _ := in.PolicyOf(d.RuleRef)
		verb := map[rule.Action]string{rule.Accept: "accepts", rule.Deny: "denies", rule.Pass: "passes on"}[d.Action]
		when := ""
		if d.Tier != rule.Main {
			when = fmt.Sprintf(" (tier %s, priority %d)", d.Tier, p.Priority)
		}
		out.because(in.PlaceOf(d.RuleRef), "%s%s %s %s %s %s", in.ruleName(d.RuleRef), when, verb, d.Ports.Words(), preposition(s.Direction), in.ruleWords(d.RuleRef))
	}
	if undefined := s.Undefined; !undefined.IsEmpty() && of(rule.Admin) {
		out.because(diag.Pos{}, "policies of one priority have different actions for %s: it is undefined which decides", undefined.Words())
	}
}

// closedToNode says why no selector opens a side to a pod on the host network, and what would.
func (in explainer) closedToNode(out *Half, s flows.Side) {
	for _, r := range in.Evaluator.Naming(s) {
		out.because(in.PlaceOf(r), "%s names %s, but no selector matches pods on the host network", in.ruleName(r), s.Other.Name)
	}
	out.Missing = fmt.Sprintf("an %s rule %s the addresses of the nodes on which %s runs, as an `ipBlock`, on %s, in a policy that selects %s",
		s.Direction, preposition(s.Direction), s.Other.Name, out.Closed, s.Subject.Name)
}

func (h *Half) because(pos diag.Pos, format string, args ...any) {
	h.Reasons = append(h.Reasons, Reason{pos.String(), fmt.Sprintf(format, args...)})
}

func preposition(d graph.Directions) string {
	if d == graph.Ingress {
		return "from"
	}
	return "to"
}

// ruleName names a rule as a path in its policy.
func (in explainer) ruleName(r flows.RuleRef) string {
	p, _ := in.PolicyOf(r)
	return p.String() + " " + in.FieldOf(r)
}

// fix says which edge would allow what is not.
func (in explainer) fix(a flows.Answer) string {
	from, to := in.peer(a.From), in.peer(a.To)
	if from == "" || to == "" {
		return "give both ends a name in a package and write the edge"
	}
	missing := a.Asked.Minus(a.Open).String()
	if _, errs := graph.ParsePorts(missing); len(errs) > 0 { // all but some ports have no form in an edge
		missing = a.Asked.String()
	}
	return "write the edge `" + from + " -> " + to + ":" + missing + "`"
}

// peer returns a target as an edge would name it, or "" where it is nothing that is declared.
func (in explainer) peer(t flows.Target) string {
	if t.Pod == nil {
		return edgeOf(t)
	}
	if known := in.Pod(t.Name); known == nil || known != t.Pod || known.Implied {
		return ""
	}
	if name, mixed := in.Declared(t); mixed {
		return name
	}
	if in.Graph != nil && len(in.Graph.Packages) == 1 && in.Graph.Packages[0].Namespace.Value == t.Pod.Namespace {
		return t.Pod.Name
	}
	return t.Name
}
