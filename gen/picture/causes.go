package picture

import (
	"fmt"
	"slices"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/flows"
	"github.com/npgen/npgen/gen/rule"
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
	case len(s.Isolating)+len(s.Decisions) == 0:
		return []Cause{{Object: s.Subject.Name, Text: "no policy isolates it for " + s.Direction.String()}}
	}
	var out []Cause
	because := func(r flows.RuleRef) {
		p, _ := v.PolicyOf(r)
		out = append(out, Cause{v.at(v.PlaceOf(r)), p.String(), v.FieldOf(r)})
	}
	for _, d := range s.Decisions {
		if d.Action == rule.Accept {
			because(d.RuleRef)
		}
	}
	for _, r := range s.Opening {
		because(r.RuleRef)
	}
	if v.Graph != nil && len(s.Opening) > 0 {
		for _, d := range v.Evaluator.Declared(v.Graph, s, asked.Ports) {
			out = append(out, Cause{At: v.at(d.Pos), Text: d.Text})
		}
	}
	return out
}

// at returns a position as the user knows it.
func (v view) at(pos diag.Pos) diag.Pos {
	if pos.IsValid() {
		pos.File = v.revision + pos.File
	}
	return diag.Pos{File: pos.File, Line: pos.Line, Col: pos.Col}
}
