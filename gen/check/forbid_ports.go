package check

import (
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
)

// forbidPorts tells where a guardrail without ports covers only those that its target declares.
func forbidPorts(g *graph.Graph, out *diag.List) {
	seen := map[*graph.EdgeDecl]bool{}
	for _, f := range g.Forbids {
		if f.Decl.Ports != nil || seen[f.Decl] {
			continue
		}
		seen[f.Decl] = true
		out.Infof(diag.ForbidPorts, f.Decl.Pos, "the guardrail `%s` covers only the declared ports `%s` of `%s`", f.Decl.Text, f.Ports, name(f, f.To)).
			WithHelp("write `%s:*` to forbid every port", f.Decl.Text)
	}
}
