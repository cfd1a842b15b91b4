package gen

import (
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/flows"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/load"
	"github.com/npgen/npgen/gen/manifest"
	"github.com/npgen/npgen/gen/world"
)

// Inquiry is what a question is asked about, as it was read.
type Inquiry struct {
	// Inquiry is nil where a finding is an error.
	*flows.Inquiry
	Findings diag.List
	// Source returns the text of a file that a finding names.
	Source func(file string) ([]byte, error)
}

// Inquire reads packages or any YAML or JSON, as ReadCluster does, to be asked about.
func Inquire(env load.Env, args []string) (*Inquiry, error) {
	isPackage, env, err := packagesOrManifests(env, args)
	if err != nil {
		return nil, err
	}
	in := &Inquiry{}
	if isPackage {
		return in, in.readPackages(env, args)
	}
	inv, findings, err := inventory.Read(env.Dir, args, env.Stdin)
	if err != nil {
		return in, err
	}
	var c world.Cluster
	c, in.Findings = world.OfManifests(inv, "", findings)
	in.ask(c, nil, world.PlacesInManifests(inv))
	return in, nil
}

func (in *Inquiry) ask(c world.Cluster, g *graph.Graph, places *world.Places) {
	if in.Findings.Count(diag.Error) == 0 {
		in.Inquiry = flows.NewInquiry(c, g, places)
	}
}

func (in *Inquiry) readPackages(env load.Env, args []string) error {
	result, err := Build(env, args)
	if err != nil {
		return err
	}
	in.Findings, in.Source = result.Findings, result.Source
	if result.Findings.Count(diag.Error) > 0 {
		return nil
	}
	in.Findings = nil
	c, err := result.Cluster()
	if err != nil {
		return err
	}
	files, err := manifest.Layout(result.PackageNames(), result.Policies)
	if err != nil {
		return err
	}
	in.ask(c, result.Graph, world.PlacesInFiles(files.PolicyFiles(), files))
	return nil
}
