package answer

import (
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/flows"
	"github.com/npgen/npgen/gen/sets"
)

// Claim is a claim of `tests` that does not hold.
type Claim struct {
	flows.ClaimResult
	// Explanation has what contradicts the claim.
	Explanation Explanation
	// declared is what in the packages opens the pair that the finding names.
	declared []flows.Declaration
}

// OfClaim puts a claim that does not hold into words.
func OfClaim(in *flows.Inquiry, c flows.ClaimResult) Claim {
	if len(c.Against) == 0 {
		return Claim{ClaimResult: c}
	}
	out := Claim{ClaimResult: c, Explanation: explanation(in, c.Decl.Text, slices.Clone(c.Against))}
	out.Explanation.Groups = slices.DeleteFunc(out.Explanation.Groups, func(g Group) bool { return g.Verdict == c.Wanted() })
	if !c.Allow { // the reader looks for what is open
		slices.Reverse(out.Explanation.Groups)
		for i := range out.Explanation.Groups {
			out.Explanation.Groups[i].Fix = ""
		}
	}
	first := out.Explanation.Groups[0].answer
	for _, s := range []flows.Side{first.Egress, first.Ingress} {
		out.declared = append(out.declared, in.Evaluator.Declared(in.Graph, s, first.Asked)...)
	}
	return out
}

// Claim returns the claim in words: allow or deny, and the edge.
func (c Claim) Claim() string {
	if c.Allow {
		return "allow `" + c.Decl.Text + "`"
	}
	return "deny `" + c.Decl.Text + "`"
}

// Finding returns the finding of a claim that does not hold.
func (c Claim) Finding() diag.Diagnostic {
	var l diag.List
	switch {
	case c.Undecided && len(c.Against) == 0:
		return *l.Errorf(diag.TestFails, c.Decl.Pos, "the claim %s is undecided: the question is too large", c.Claim()).
			WithHelp("claim less at once")
	case c.Empty:
		return *l.Warnf(diag.NoEffect, c.Decl.Pos, "the claim %s stands for no flow that can exist", c.Claim()).
			WithHelp("a group in it is empty, or a selector contradicts itself: mend it, or remove the claim")
	case c.Unsure:
		return *l.Warnf(diag.TestFails, c.Decl.Pos, "the claim %s does not hold for %s", c.Claim(), c.Witness.Text()).
			WithHelp("%s", c.settle())
	}
	g := c.Explanation.Groups[0]
	pair, more := g.Pairs[0], 0
	for _, g := range c.Explanation.Groups {
		more += len(g.Pairs)
	}
	text := "`" + pair + "` is " + string(g.Verdict)
	if more > 1 {
		text += ", and " + counted(more-1, "more pair") + " too"
	}
	if g.Verdict == flows.Undecided {
		text = "`" + pair + "` has an end on the host network, which policies do not govern"
	}
	f := l.Errorf(diag.TestFails, c.Decl.Pos, "the claim %s does not hold: %s", c.Claim(), text)
	switch {
	case g.Verdict == flows.Undecided:
		f.WithHelp("remove the claim, or name the node's addresses")
	case c.Allow:
		f.WithHelp("%s, or change the claim", g.Fix)
	default:
		f.WithHelp("remove or narrow what opens it, or change the claim")
		seen := map[diag.Pos]bool{}
		for _, d := range c.declared {
			if !seen[d.Pos] {
				f.WithRelated(d.Pos, "%s opens it", strings.TrimPrefix(d.Text, "the "))
			}
			seen[d.Pos] = true
		}
	}
	return *f
}

// settle says what would decide a claim that only pods of several workloads, or labels that nobody stated, contradict.
func (c Claim) settle() string {
	for _, e := range []sets.End{c.Witness.From, c.Witness.To} {
		if len(e.NamespaceLabels) > 0 {
			return "if namespace `" + e.Namespace + "` has no such labels, say so: `knownLabels: {}` with its labels in `namespaces`"
		}
	}
	return "if no pod belongs to several of these workloads, say so: `knownLabels: {}` with all other labels of their pods in `workloads`"
}
