package picture

import (
	"fmt"
	"slices"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/flows"
)

// mostCauses is how many rules and lines are shown of an edge.
const mostCauses = 6

// causes says which rules and lines open a flow, as `npgen explain` finds them: nothing where no example has just that.
func (s *scene) causes(example func(view) (flows.Asked, bool)) []Cause {
	for _, v := range s.views {
		asked, ok := example(v)
		if !ok {
			continue
		}
		var out []Cause
		for _, a := range v.Answers(asked) {
			for _, side := range []flows.Side{a.Egress, a.Ingress} {
				for _, c := range v.causes(side, asked) {
					if !slices.Contains(out, c) {
						out = append(out, c)
					}
				}
			}
		}
		if len(out) > mostCauses+1 {
			out = append(out[:mostCauses:mostCauses], Cause{Text: fmt.Sprintf("and %d more, which `npgen explain` shows", len(out)-mostCauses)})
		}
		return out
	}
	return nil
}

// causes returns what opens one side of a flow.
func (v view) causes(s flows.Side, asked flows.Asked) []Cause {
	switch {
	case s.Subject.Pod == nil: // policies govern pods, not addresses
		return nil
	case !s.Governed():
		return []Cause{{Object: s.Subject.Name, Text: "on the host network, which policies do not govern"}}
	}
	var out []Cause
	for _, d := range s.Decisions {
		out = append(out, v.cause(d.RuleRef, fmt.Sprintf("%s %s ", d.Tier, d.Action)))
	}
	switch left := asked.Ports.Minus(s.Decided()); {
	case len(s.Isolating) > 0:
	case left.IsEmpty():
		return out
	default:
		return append(out, Cause{Object: s.Subject.Name, Text: "no policy isolates it for " + s.Direction.String()})
	}
	for _, r := range s.Opening {
		if c := v.cause(r.RuleRef, ""); !slices.ContainsFunc(s.Decisions, func(d flows.Decision) bool { return d.RuleRef == r.RuleRef }) {
			out = append(out, c)
		}
	}
	if v.Graph != nil && len(s.Opening) > 0 {
		for _, d := range v.Evaluator.Declared(v.Graph, s, asked.Ports) {
			out = append(out, Cause{At: v.at(d.Pos), Text: d.Text})
		}
	}
	return out
}

// cause returns a rule, and what it does where it does more than open.
func (v view) cause(r flows.RuleRef, does string) Cause {
	p, _ := v.PolicyOf(r)
	return Cause{v.at(v.PlaceOf(r)), p.String(), does + v.FieldOf(r)}
}

// at returns a position as the user knows it.
func (v view) at(pos diag.Pos) diag.Pos {
	if pos.IsValid() {
		pos.File = v.revision + pos.File
	}
	return diag.Pos{File: pos.File, Line: pos.Line, Col: pos.Col}
}
