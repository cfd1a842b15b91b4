package gen

import (
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/flows"
	"github.com/npgen/npgen/gen/ignore"
	"github.com/npgen/npgen/gen/load"
	"github.com/npgen/npgen/gen/manifest"
	"github.com/npgen/npgen/gen/world"
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
		m, err := one.mixed() // it adds to the findings what Kubernetes would not take
		if err != nil {
			return nil, err
		}
		in, err := one.inquiry(m)
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

// inquiry makes the cluster of an input ready for questions.
func (r *reading) inquiry(m world.Mixed) (*flows.Inquiry, error) {
	if r.result == nil {
		return flows.NewInquiry(m, nil, m.Places(nil, nil)), nil
	}
	head := manifest.Named(r.result.PackageNames())
	head.OmitNamespace = r.result.Graph.OmitsNamespace() != nil
	files, err := manifest.Layout(head, r.result.Policies)
	if err != nil {
		return nil, err
	}
	return flows.NewInquiry(m, r.result.Graph, m.Places(files.PolicyFiles(), files)), nil
}
