package gen

import (
	"slices"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/dialect/kubernetes/read"
	"github.com/npgen/npgen/gen/dialect/kubernetes/write"
	"github.com/npgen/npgen/gen/flows"
	"github.com/npgen/npgen/gen/ignore"
	"github.com/npgen/npgen/gen/load"
	"github.com/npgen/npgen/gen/manifest"
	"github.com/npgen/npgen/gen/review"
	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/world"
)

// Named is a cluster, and its name where packages name it.
type Named struct {
	Name string
	world.Cluster
	// Objects is its policies as they are written, in the same order; where packages have another target, they are what
	// answers rest on.
	Objects []networkingv1.NetworkPolicy
	// Revision leads the positions of what was read from a git revision: `git:REV:`, else "".
	Revision string
	inquire  func() (*flows.Inquiry, error)
	result   *Result
}

// Head returns what an output folder of the cluster's packages is built from, false where no package names it.
func (n *Named) Head(env load.Env, dir string) (manifest.Head, bool) {
	if n == nil || n.result == nil {
		return manifest.Head{}, false
	}
	return n.result.Head(env, dir), true
}

// Kind returns the kind of the objects that the cluster's packages are written as, "" where there are none.
func (n *Named) Kind() string {
	if n.result == nil {
		return ""
	}
	return n.result.Kind()
}

// Inquiry returns the cluster made ready for questions.
func (n Named) Inquiry() (*flows.Inquiry, error) { return n.inquire() }

// ReadClusters reads what a question is asked about: one cluster, but for packages of several. A finding that is an error
// says that they are not to be relied on.
func ReadClusters(env load.Env, in Input) ([]Named, diag.List, func(string) ([]byte, error), error) {
	r, err := in.readClusters(env)
	if err != nil || r.failed() {
		findings, source := diag.List(nil), noSource
		if r != nil {
			findings, source = r.findings, r.source
		}
		return nil, findings, source, err
	}
	all, err := r.named()
	return all, r.findings, r.source, err
}

// named returns the clusters of an input. What Kubernetes would not take is added to the findings.
func (r *reading) named() ([]Named, error) {
	if r.builds != nil && len(r.builds.Clusters) == 0 {
		return nil, nil // the packages are of other clusters
	}
	var out []Named
	var findings diag.List
	for _, one := range r.clusters() {
		m, err := one.mixed()
		if err != nil {
			return nil, err
		}
		findings = append(findings, one.findings...)
		out = append(out, Named{
			Name: one.name(), Cluster: m.Cluster, Objects: one.allObjects(m), inquire: func() (*flows.Inquiry, error) { return one.inquiry(m) },
			result: one.result,
		})
	}
	r.findings = findings.Sorted()
	return out, nil
}

// cluster returns the cluster of an input alone.
func (r *reading) cluster() (world.Cluster, error) {
	m, err := r.mixed()
	return m.Cluster, err
}

// allObjects returns the policies of the cluster of an input as objects, in its order.
func (r *reading) allObjects(m world.Mixed) []networkingv1.NetworkPolicy {
	if r.result == nil {
		return m.Objects
	}
	return slices.Concat(r.result.Policies, m.Objects)
}

// mixed returns the cluster of an input. What Kubernetes would not take is added to the findings.
func (r *reading) mixed() (world.Mixed, error) {
	parts := world.Parts{Layers: r.layers, Home: r.namespace}
	if r.result != nil {
		var err error
		if parts.Policies, err = r.result.rules(); err != nil {
			return world.Mixed{}, err
		}
		parts.Graph = r.result.Graph
	}
	m, findings := world.Of(parts, r.findings)
	conflicts, notCounted := review.UndefinedOrder(m.Cluster)
	m.NotCounted, findings = append(m.NotCounted, notCounted...), append(findings, conflicts...)
	if r.result != nil {
		notCounted, infos, err := r.result.narrowed()
		if err != nil {
			return world.Mixed{}, err
		}
		m.NotCounted, findings = append(m.NotCounted, notCounted...), append(findings, infos...).Sorted()
	}
	for _, layer := range r.layers {
		findings = ignore.Apply(findings, layer.Comments, diag.OfManifests)
	}
	r.findings = findings
	return m, nil
}

// Cluster returns what the packages declare as a cluster, with the policies read back from their YAML.
func (r *Result) Cluster() (world.Cluster, error) {
	policies, err := r.rules()
	if err != nil {
		return world.Cluster{}, err
	}
	return world.OfPackages(r.Graph, policies), nil
}

// rules returns the policies, read back from their YAML.
func (r *Result) rules() ([]rule.Policy, error) { return rulesOf(r.Policies) }

func rulesOf(objects []networkingv1.NetworkPolicy) ([]rule.Policy, error) {
	stream, err := write.Stream(objects)
	if err != nil {
		return nil, err
	}
	policies, err := read.Policies(stream)
	if err != nil {
		return nil, err
	}
	return read.Rules(policies), nil
}
