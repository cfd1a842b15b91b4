package gen

import (
	"errors"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/reach"
)

// ClaimResult is one claim of `tests`, judged by the policies.
type ClaimResult struct {
	Decl *graph.EdgeDecl
	// Allow says what is claimed.
	Allow bool
	Holds bool
	// Explanation has what contradicts the claim.
	Explanation Explanation
	// declared is what in the packages opens the pair that the finding names.
	declared []reach.Declaration
}

// Claim returns the claim in words: allow or deny, and the edge.
func (c ClaimResult) Claim() string {
	if c.Allow {
		return "allow `" + c.Decl.Text + "`"
	}
	return "deny `" + c.Decl.Text + "`"
}

// ErrNoPackage says that claims were asked of something else than packages alone.
var ErrNoPackage = errors.New("claims are the field `tests` of policy packages: name those, and no manifests")

// Claims judges the claims of the packages' `tests`, in the order in which they are written. An allow claim holds where
// every pair of it is allowed on every port, a deny claim where every pair is denied on every port.
func (in *Inquiry) Claims() ([]ClaimResult, error) {
	if in.Graph == nil || in.mixed {
		return nil, ErrNoPackage
	}
	var out []ClaimResult
	at := map[*graph.EdgeDecl]int{}
	pairs := map[*graph.EdgeDecl][]*graph.Claim{}
	for _, c := range in.Graph.Claims {
		if _, known := at[c.Decl]; !known {
			at[c.Decl] = len(out)
			out = append(out, ClaimResult{Decl: c.Decl, Allow: c.Allow})
		}
		pairs[c.Decl] = append(pairs[c.Decl], c)
	}
	for i := range out {
		in.judge(&out[i], in.claims(pairs[out[i].Decl]))
	}
	return out, nil
}

func (in *Inquiry) judge(c *ClaimResult, asked []Asked) {
	wanted := reach.Denied
	if c.Allow {
		wanted = reach.Allowed
	}
	isAgainst := func(x reach.Answer) bool { return x.Verdict() != wanted }
	var against []reach.Answer
	for _, a := range asked {
		if answers := in.answers(a); slices.ContainsFunc(answers, isAgainst) {
			against = append(against, answers...)
		}
	}
	c.Holds = len(against) == 0
	if c.Holds {
		return
	}
	c.Explanation = in.explain(c.Decl.Text, against)
	c.Explanation.Groups = slices.DeleteFunc(c.Explanation.Groups, func(g Group) bool { return g.Verdict == wanted })
	if !c.Allow { // the reader looks for what is open
		slices.Reverse(c.Explanation.Groups)
		for i := range c.Explanation.Groups {
			c.Explanation.Groups[i].Fix = ""
		}
	}
	first := c.Explanation.Groups[0].answer
	c.declared = append(in.Evaluator.Declared(in.Graph, first.Egress, first.Asked), in.Evaluator.Declared(in.Graph, first.Ingress, first.Asked)...)
}

// Finding returns the finding of a claim that does not hold.
func (c ClaimResult) Finding() diag.Diagnostic {
	var l diag.List
	g := c.Explanation.Groups[0]
	pair, more := g.Pairs[0], 0
	for _, g := range c.Explanation.Groups {
		more += len(g.Pairs)
	}
	text := "`" + pair + "` is " + string(g.Verdict)
	if more > 1 {
		text += ", and " + counted(more-1, "more pair") + " too"
	}
	if g.Verdict == reach.Undecided {
		text = "`" + pair + "` has an end on the host network, which policies do not govern"
	}
	f := l.Errorf(diag.TestFails, c.Decl.Pos, "the claim %s does not hold: %s", c.Claim(), text)
	switch {
	case g.Verdict == reach.Undecided:
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
