package answer

import (
	"strings"

	"github.com/npgen/npgen/gen/check"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/flows"
)

// OfResting returns findings of the `knownLabels` by which alone claims hold.
func OfResting(in *flows.Inquiry, claims []flows.ClaimResult) diag.List {
	at := map[string]diag.Pos{}
	for _, n := range in.Graph.Namespaces {
		at["namespace `"+n.Name+"`"] = n.KnownLabelsPos
	}
	for _, w := range in.Graph.Workloads {
		at["`"+w.String()+"`"] = w.KnownLabelsPos
	}
	var resting check.Resting
	for _, c := range claims {
		for _, of := range c.RestsOn {
			resting.Add(at[of], of, "the claim "+Claim{ClaimResult: c}.Claim(), c.Without.Text())
		}
	}
	var out diag.List
	resting.Report(&out)
	return out
}

// restingText says what an answer rests on, "" for nothing; without says what would be so without it.
func restingText(on []string, without string) string {
	if len(on) == 0 {
		return ""
	}
	return "this rests on the `knownLabels` of " + strings.Join(on, ", ") + ": without them " + without
}

// unquoted returns names without the marks that they have in text.
func unquoted(names []string) []string {
	var out []string
	for _, n := range names {
		out = append(out, strings.ReplaceAll(n, "`", ""))
	}
	return out
}
