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
	// Narrowed names the edges that open less than answers show; least has what is open in any case, where there are some.
	Narrowed diag.List
	least    *flows.Inquiry
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
		cluster := Inquiry{Name: one.name(), Inquiry: in}
		if one.result != nil {
			if err := cluster.narrow(one.result); err != nil {
				return nil, err
			}
		}
		out.Clusters = append(out.Clusters, cluster)
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
	files, err := r.result.Files(head)
	if err != nil {
		return nil, err
	}
	return flows.NewInquiry(m, r.result.Graph, m.Places(files.PolicyFiles(), files)), nil
}

// narrow makes ready what packages open in any case.
func (in *Inquiry) narrow(r *Result) error {
	policies, differs, err := r.least()
	if err != nil || !differs {
		return err
	}
	m := r.leastMixed(policies)
	in.least = flows.NewInquiry(m, r.Graph, m.Places(nil, nil))
	_, in.Narrowed, err = r.narrowed()
	return err
}

// For returns the inquiry by which a claim was judged.
func (in *Inquiry) For(r flows.ClaimResult) *flows.Inquiry {
	if r.Allow && in.least != nil {
		return in.least
	}
	return in.Inquiry
}

// Claims judges the claims of the packages (flows.Inquiry.Claims): those that a flow is denied by the most that edges may
// open, those that it is allowed by the least.
func (in *Inquiry) Claims() ([]flows.ClaimResult, error) {
	out, err := in.Inquiry.Claims()
	if err != nil || in.least == nil {
		return out, err
	}
	least, err := in.least.Claims()
	for i := range least {
		if least[i].Allow {
			out[i] = least[i]
		}
	}
	return out, err
}
