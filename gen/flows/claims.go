package flows

import (
	"errors"
	"slices"

	"github.com/npgen/npgen/gen/graph"
)

// ClaimResult is one claim of `tests`, judged by the policies.
type ClaimResult struct {
	Decl *graph.EdgeDecl
	// Allow says what is claimed.
	Allow bool
	Holds bool
	// Against is all answers for the pairs that contradict the claim.
	Against []Answer
}

// Wanted returns the verdict that the claim is about.
func (c ClaimResult) Wanted() Verdict {
	if c.Allow {
		return Allowed
	}
	return Denied
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
	isAgainst := func(x Answer) bool { return x.Verdict() != c.Wanted() }
	for _, a := range asked {
		if answers := in.Answers(a); slices.ContainsFunc(answers, isAgainst) {
			c.Against = append(c.Against, answers...)
		}
	}
	c.Holds = len(c.Against) == 0
}
