package gen

import (
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/flows"
	"github.com/npgen/npgen/gen/ignore"
	"github.com/npgen/npgen/gen/load"
	"github.com/npgen/npgen/gen/manifest"
	"github.com/npgen/npgen/gen/world"
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
	in := &Inquiry{Findings: r.findings, Comments: r.comments, Source: r.source}
	if in.Findings.Count(diag.Error) == 0 {
		in.Inquiry, err = r.inquiry(m)
	}
	return in, err
}

// inquiry makes the cluster of an input of one cluster ready for questions.
func (r *reading) inquiry(m world.Mixed) (*flows.Inquiry, error) {
	if r.result == nil {
		return flows.NewInquiry(m, nil, m.Places(nil, nil)), nil
	}
	files, err := manifest.Layout(manifest.Named(r.result.PackageNames()), r.result.Policies)
	if err != nil {
		return nil, err
	}
	return flows.NewInquiry(m, r.result.Graph, m.Places(files.PolicyFiles(), files)), nil
}
