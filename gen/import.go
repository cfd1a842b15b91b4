package gen

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/dialect/kubernetes/read"
	"github.com/npgen/npgen/gen/draft"
	"github.com/npgen/npgen/gen/ignore"
	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/load"
	"github.com/npgen/npgen/gen/prove"
	"github.com/npgen/npgen/gen/review"
	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/world"
)

// ImportInput is what a package is to be made of.
type ImportInput struct {
	// Input names the policies, and perhaps the workloads beside them.
	Input
	// Manifests are more workloads: they give names, and the numbers of ports by name.
	Manifests []string
}

// Imported is a package that stands for policies.
type Imported struct {
	// Source is the package as CUE; what is not proven stands at its head.
	Source []byte
	// Documents is how many policies were read; Policies how many the package stands for, Edges how many lines it has for
	// that.
	Documents, Policies, Edges int
	// Missing is what was read and is not in the package: Differences is empty where the package means just what all
	// others mean, for every pod that can exist.
	Missing     []Missing
	Differences []string
	// Numbered is ports by name, which the package has by number.
	Numbered []draft.Numbered
	// Renamed is which policies of the package's build take the place of each.
	Renamed []Renamed
	// Findings is what a review of the policies has to say.
	Findings diag.List
	// Text returns the text of a file that a finding names.
	Text func(file string) ([]byte, error)
}

// Missing is a policy that is not in the package.
type Missing struct {
	Pos  diag.Pos
	Name string
	Why  string
	// Refused says that Kubernetes does not take it, so that it means nothing in any cluster.
	Refused bool
}

// Renamed is a policy, and those that take its place, as ns/name.
type Renamed struct {
	From string
	To   []string
}

// Import makes a package of policies that anyone wrote, and proves that it means the same: that the policies allow just
// what the package declares, and again that what it builds isolates and allows what they do.
func Import(env load.Env, in ImportInput) (*Imported, error) {
	env.Stage("reading policies")
	if err := oneCluster(env, append(slices.Clone(in.Paths), in.Manifests...)); err != nil {
		return nil, err
	}
	stdin := &kept{in: env.Stdin}
	inv, findings, err := inventory.ReadWithin(env.Root, env.Dir, in.Paths, stdin, env.Limits)
	if err != nil {
		return nil, err
	}
	home := cmp.Or(in.Namespace, world.HomeNamespace([]*inventory.Inventory{inv}))
	out := &Imported{Documents: len(inv.Policies) + len(inv.Refused), Text: stdin.source(env.Dir)}
	policies := out.policies(inv, home)
	pods := world.OfInventory(inv, home).Pods
	if len(in.Manifests) > 0 {
		more, found, err := inventory.ReadWithin(env.Root, env.Dir, in.Manifests, nil, env.Limits)
		if err != nil {
			return nil, err
		}
		findings = append(findings, found...)
		pods = append(pods, world.OfInventory(more, home).Pods...)
	}
	out.Findings = ignore.Apply(review.Policies(inv, findings, in.Namespace), inv.Comments, diag.OfManifests|diag.OfReview)
	env.Stage(fmt.Sprintf("making a package of %d policies", len(policies)))
	d := draft.Import(policies, pods)
	for _, r := range d.Refused {
		out.Missing = append(out.Missing, Missing{Pos: r.Policy.Pos, Name: r.Policy.Namespace + "/" + r.Policy.Name, Why: r.Why})
	}
	out.Source, out.Policies, out.Numbered = d.Source, len(d.Policies), d.Numbered
	return out, out.prove(env, d)
}

// policies returns the policies of manifests that Kubernetes takes, as rules. The others are missing.
func (out *Imported) policies(inv *inventory.Inventory, home string) []rule.Policy {
	var objects []networkingv1.NetworkPolicy
	var places []diag.Pos
	for _, p := range inv.Policies {
		policy := p.NetworkPolicy
		policy.Namespace = cmp.Or(policy.Namespace, home)
		read.Default(&policy)
		if err := read.Validate(&policy); err != nil {
			out.Missing = append(out.Missing, Missing{Pos: p.Pos, Name: policy.Namespace + "/" + policy.Name, Why: "Kubernetes refuses it: " + strings.Join(strings.Fields(err.Error()), " "), Refused: true})
			continue
		}
		objects, places = append(objects, policy), append(places, p.Pos)
	}
	for _, r := range inv.Refused {
		out.Missing = append(out.Missing, Missing{Pos: r.Finding.Pos, Name: cmp.Or(r.Namespace, home) + "/" + r.Name, Why: "Kubernetes refuses it: " + cmp.Or(r.Finding.Message, r.APIVersion+" is gone"), Refused: true})
	}
	policies := read.Rules(objects)
	for i := range policies {
		policies[i].Pos = places[i]
	}
	return policies
}

// prove builds the package and compares it with the policies.
func (out *Imported) prove(env load.Env, d *draft.Draft) error {
	built, err := buildSources(load.Env{Dir: env.Dir, Stdin: bytes.NewReader(d.Source), Progress: env.Progress, Run: env.Run, Limits: env.Limits}, []load.Source{{Path: "-", Name: "policy.cue"}})
	if err != nil {
		return err
	}
	for _, f := range built.Findings {
		if f.Severity == diag.Error {
			out.Differences = append(out.Differences, f.Pos.String()+": "+f.Message)
		}
	}
	if len(out.Differences) > 0 {
		return nil
	}
	env.Stage("proving")
	rules, err := built.rules()
	if err != nil {
		return err
	}
	out.Edges = len(built.Graph.Packages[0].Allow)
	out.Differences = append(prove.Differences(d.Policies, built.Graph), prove.PolicyDifferences(rules, d.Policies)...)
	for i, places := range draft.Replaced(d.Policies, rules) {
		r := Renamed{From: d.Policies[i].Namespace + "/" + d.Policies[i].Name}
		for _, at := range places {
			r.To = append(r.To, rules[at].Namespace+"/"+rules[at].Name)
		}
		out.Renamed = append(out.Renamed, r)
	}
	return nil
}
