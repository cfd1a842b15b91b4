package gen

import (
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/flows"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/ignore"
	"github.com/npgen/npgen/gen/load"
	"github.com/npgen/npgen/gen/manifest"
)

// Inquiry is one cluster that a question is asked about.
type Inquiry struct {
	// Name is that of the cluster, "" where no package names it.
	Name string
	*flows.Inquiry
}

// Inquiries is what a question is asked about, as it was read.
type Inquiries struct {
	// Clusters is one, but for packages of several; empty where a finding is an error.
	Clusters []Inquiry
	Findings diag.List
	// Comments is those by which the user takes findings out of reports.
	Comments []ignore.Comment
	// Source returns the text of a file that a finding names.
	Source func(file string) ([]byte, error)
}

// Inquire reads what ReadClusters does, to be asked about.
func Inquire(env load.Env, input Input) (*Inquiries, error) {
	r, err := input.readClusters(env)
	if err != nil {
		return nil, err
	}
	out := &Inquiries{Findings: r.findings, Comments: r.comments, Source: r.source}
	if r.failed() {
		return out, nil
	}
	out.Findings = nil
	for _, one := range r.clusters() {
		in, err := one.inquiry()
		if err != nil {
			return nil, err
		}
		out.Clusters = append(out.Clusters, Inquiry{one.name(), in})
		out.Findings = append(out.Findings, one.findings...)
	}
	if out.Findings = out.Findings.Sorted(); out.Findings.Count(diag.Error) > 0 {
		out.Clusters = nil
	}
	return out, nil
}

// inquiry makes the cluster of an input ready for questions. What Kubernetes would not take is added to the findings.
func (r *reading) inquiry() (*flows.Inquiry, error) {
	m, err := r.mixed()
	if err != nil {
		return nil, err
	}
	var g *graph.Graph
	var files manifest.Files
	if r.result != nil {
		g = r.result.Graph
		head := manifest.Named(r.result.PackageNames())
		head.OmitNamespace = g.OmitsNamespace() != nil
		if files, err = manifest.Layout(head, r.result.Policies); err != nil {
			return nil, err
		}
	}
	return flows.NewInquiry(m, g, m.Places(files.PolicyFiles(), files)), nil
}
