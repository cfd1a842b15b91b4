package gen

import (
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/flows"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/ignore"
	"github.com/npgen/npgen/gen/load"
	"github.com/npgen/npgen/gen/manifest"
)

// Inquiry is what a question is asked about, as it was read.
type Inquiry struct {
	// Inquiry is nil where a finding is an error.
	*flows.Inquiry
	Findings diag.List
	// Comments is those by which the user takes findings out of reports.
	Comments []ignore.Comment
	// Source returns the text of a file that a finding names.
	Source func(file string) ([]byte, error)
}

// Inquire reads what ReadClusters does, to be asked about.
func Inquire(env load.Env, input Input) (*Inquiry, error) {
	r, err := input.read(env)
	if err != nil {
		return nil, err
	}
	if r.failed() {
		return &Inquiry{Findings: r.findings, Source: r.source}, nil
	}
	m, err := r.mixed()
	if err != nil {
		return nil, err
	}
	var g *graph.Graph
	var files manifest.Files
	if r.result != nil {
		g = r.result.Graph
		if files, err = manifest.Layout(manifest.Named(r.result.PackageNames()), r.result.Policies); err != nil {
			return nil, err
		}
	}
	in := &Inquiry{Findings: r.findings, Comments: r.comments, Source: r.source}
	if in.Findings.Count(diag.Error) == 0 {
		in.Inquiry = flows.NewInquiry(m, g, m.Places(files.PolicyFiles(), files))
	}
	return in, nil
}
