package gen

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/reach"
)

// Explanation is the answer to a question, in words.
type Explanation struct {
	// Question is as it was asked, Verdict for all its pairs: partly allowed where they differ.
	Question string        `json:"question"`
	Verdict  reach.Verdict `json:"verdict"`
	Groups   []Group       `json:"answers"`
}

// Group is pairs of which policies say the same, explained by the first of them.
type Group struct {
	Verdict reach.Verdict `json:"verdict"`
	Pairs   []string      `json:"pairs"`
	Asked   string        `json:"asked"`
	Open    string        `json:"open"`
	Egress  Half          `json:"egress"`
	Ingress Half          `json:"ingress"`
	// Fix says how to allow what is not.
	Fix string `json:"fix,omitempty"`
	// answer is the first of them.
	answer reach.Answer
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

// Reason is a policy, rule or edge that decides, and where it stands.
type Reason struct {
	Pos  string `json:"pos"`
	Text string `json:"text"`
}

// Explain answers a question that Ask resolved.
func (in *Inquiry) Explain(question string, asked []Asked) Explanation {
	var answers []reach.Answer
	for _, a := range asked {
		answers = append(answers, in.answers(a)...)
	}
	return in.explain(question, answers)
}

// answers returns what policies say of a pair.
func (in *Inquiry) answers(a Asked) []reach.Answer {
	return in.Evaluator.Explain(a.From, a.To, a.Ports)
}

// explain puts answers into words; it sorts them.
func (in *Inquiry) explain(question string, answers []reach.Answer) Explanation {
	out := Explanation{Question: strings.TrimSpace(question), Verdict: verdict(answers)}
	slices.SortStableFunc(answers, func(a, b reach.Answer) int { return rank(a.Verdict()) - rank(b.Verdict()) })
	at := map[string]int{}
	for _, a := range answers {
		key := signature(a)
		i, known := at[key]
		if !known {
			i = len(out.Groups)
			at[key] = i
			out.Groups = append(out.Groups, in.group(a))
		}
		out.Groups[i].Pairs = append(out.Groups[i].Pairs, a.From.Name+" -> "+a.To.Name+":"+a.Asked.Words())
	}
	return out
}

// Allowed reports whether each pair is allowed on all of its ports.
func (x Explanation) Allowed() bool { return x.Verdict == reach.Allowed }

// rank orders verdicts: what is not allowed comes first, as it is what the reader looks for.
func rank(v reach.Verdict) int {
	return slices.Index([]reach.Verdict{reach.Denied, reach.Undecided, reach.Partly, reach.Allowed}, v)
}

// verdict returns the verdict for all answers: partly where they differ.
func verdict(answers []reach.Answer) reach.Verdict {
	out := reach.Verdict("")
	for _, a := range answers {
		if v := a.Verdict(); out == "" || out == v {
			out = v
		} else {
			return reach.Partly
		}
	}
	return out
}

// signature is equal for pairs that the same rules decide alike.
func signature(a reach.Answer) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", a.Asked, a.Open)
	for _, s := range []reach.Side{a.Egress, a.Ingress} {
		fmt.Fprintf(&b, "|%t %s", s.Governed(), s.Open)
		for _, r := range s.Isolating {
			fmt.Fprintf(&b, " %d", r.Index)
		}
		for _, r := range s.Opening {
			fmt.Fprintf(&b, " %d.%d", r.Index, r.Rule)
		}
	}
	return b.String()
}

func (in *Inquiry) group(a reach.Answer) Group {
	out := Group{
		Verdict: a.Verdict(), Asked: a.Asked.Words(), Open: a.Open.Words(),
		Egress: in.half(a, a.Egress), Ingress: in.half(a, a.Ingress), answer: a,
	}
	if out.Verdict == reach.Denied || out.Verdict == reach.Partly {
		out.Fix = in.fix(a)
	}
	return out
}

func (in *Inquiry) half(a reach.Answer, s reach.Side) Half {
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
	case !out.Isolated:
		out.because(diag.Pos{}, "no policy isolates %s for %s", s.Subject.Name, s.Direction)
		return out
	}
	for _, r := range s.Opening {
		out.because(in.Place(r.Index).Rule(r.RuleRef), "%s opens %s %s %s", ruleName(r.RuleRef), r.Ports.Words(), preposition(s.Direction), in.Evaluator.RuleWords(r.RuleRef))
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
func (in *Inquiry) closed(out *Half, a reach.Answer, s reach.Side) {
	for _, r := range s.Isolating {
		p := &in.Cluster.Policies[r.Index]
		out.because(in.Place(r.Index).Policy(), "%s/%s isolates %s", r.Namespace, r.Policy, reach.SubjectWords(p))
	}
	for _, r := range s.Near[:min(len(s.Near), mostNear)] {
		words := in.Evaluator.RuleWords(r.RuleRef)
		ports := "ports " + r.Ports.Words()
		if len(r.Ports) == 0 {
			ports = "ports that " + a.To.Name + " has no name for"
		}
		text := "%s opens %s, but %s %s"
		if r.Peer {
			text = "%s opens only %s %s %s"
		}
		out.because(in.Place(r.Index).Rule(r.RuleRef), text, ruleName(r.RuleRef), ports, preposition(s.Direction), words)
	}
	out.Missing = fmt.Sprintf("an %s rule %s %s, on %s, in a policy that selects %s",
		s.Direction, preposition(s.Direction), s.Other.Describe(), out.Closed, s.Subject.Name)
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
func ruleName(r reach.RuleRef) string {
	return fmt.Sprintf("%s/%s %s[%d]", r.Namespace, r.Policy, r.Direction, r.Rule)
}

// fix says which edge would allow what is not.
func (in *Inquiry) fix(a reach.Answer) string {
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
func (in *Inquiry) peer(t reach.Target) string {
	if t.Pod == nil {
		return t.Edge()
	}
	if known := in.targets.byName[t.Name]; known != t.Pod || known.Implied {
		return ""
	}
	if in.mixed {
		return cmp.Or(t.As, in.targets.declaredAs(t.Pod))
	}
	if in.Graph != nil && len(in.Graph.Packages) == 1 && in.Graph.Packages[0].Namespace.Value == t.Pod.Namespace {
		return t.Pod.Name
	}
	return t.Name
}
