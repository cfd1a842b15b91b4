package doctor

import (
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/diag"
)

// Nodes counts the nodes of a cluster.
type Nodes struct {
	All int `json:"all"`
	// Ready of Wanted run the engine, where that is a DaemonSet.
	Ready   int `json:"ready"`
	Wanted  int `json:"wanted"`
	Windows int `json:"windows"`
	Fargate int `json:"fargate"`
}

// protected tells whether policies are enforced, and on which nodes not.
func (e *examiner) protected() {
	n := &e.d.Nodes
	n.All = len(e.nodes)
	for _, x := range e.nodes {
		if x.Meta.Labels["kubernetes.io/os"] == "windows" || x.Status.Info.OS == "windows" {
			n.Windows++
		}
		if x.Meta.Labels[computeType] == "fargate" {
			n.Fargate++
		}
	}
	x := e.d.Engine()
	switch {
	case x == nil && (!e.saw["daemonsets"] || !e.saw["nodes"]):
		return // it stands among what is unknown
	case x == nil:
		e.d.Findings.Warnf(diag.NotEnforced, diag.Pos{}, "nothing that enforces policies was found").
			WithHelp("`npgen probe` tells whether anything does")
		return
	case x.Enforces == No:
		e.d.Findings.Errorf(diag.NotEnforced, x.pos(), "%s does not enforce policies: %s", x.Name, x.Why).
			WithHelp("the API server takes policies all the same, and they do nothing; install or switch on what enforces them")
		return
	case x.Enforces == Unclear:
		e.d.Findings.Warnf(diag.NotEnforced, x.pos(), "whether %s enforces policies is not known: %s", x.Name, x.Why).
			WithHelp("`npgen probe` tells")
	}
	if x.set != nil {
		n.Ready, n.Wanted = x.set.Status.Ready, x.set.Status.Desired
		if n.Ready != n.Wanted {
			e.d.Findings.Warnf(diag.NotEnforced, x.pos(), "%s is ready on %d of %d nodes: where it is not, policies may not be enforced", x.Name, n.Ready, n.Wanted).
				WithHelp("see why with `kubectl describe daemonset -n %s %s`", x.set.Meta.Namespace, x.set.Meta.Name)
		}
	}
	e.bare(x, n.Windows, "Windows")
	e.bare(x, n.Fargate, "Fargate")
}

// bare tells of nodes of a sort that the engine does not reach.
func (e *examiner) bare(x *Engine, count int, sort string) {
	if count == 0 || x.Profile != "aws-vpc" {
		return
	}
	e.d.Findings.Infof(diag.NotEnforced, x.pos(), "%s does not enforce policies on nodes of %s, of which there are %d", x.Name, sort, count).
		WithHelp("pods there are open, whatever policies say")
}

// pos is the object by which an engine shows.
func (x *Engine) pos() diag.Pos {
	kind, name, _ := strings.Cut(x.Found, " ")
	m := meta{Name: name}
	if ns, base, ok := strings.Cut(name, "/"); ok {
		m.Namespace, m.Name = ns, base
	}
	return at(kind, &m)
}

// Target is a kind of policies that the API server takes.
type Target struct {
	Kind       string `json:"kind"`
	APIVersion string `json:"apiVersion"`
	// Channel is that of its CustomResourceDefinition, where it has one: standard or experimental.
	Channel string `json:"channel,omitempty"`
}

// targets finds what can be applied. Network plugins may run without their own kinds, and kinds be there without a plugin.
func (e *examiner) targets() {
	e.d.Targets = []Target{}
	for _, t := range []struct {
		resource string
		Target
	}{
		{"networkpolicies.networking.k8s.io", Target{Kind: "NetworkPolicy", APIVersion: "networking.k8s.io/v1"}},
		{"ciliumnetworkpolicies.cilium.io", Target{Kind: "CiliumNetworkPolicy", APIVersion: "cilium.io/v2"}},
		{"networkpolicies.projectcalico.org", Target{Kind: "NetworkPolicy", APIVersion: "projectcalico.org/v3"}},
		{"stagedkubernetesnetworkpolicies.projectcalico.org", Target{Kind: "StagedKubernetesNetworkPolicy", APIVersion: "projectcalico.org/v3"}},
		{"clusternetworkpolicies.policy.networking.k8s.io", Target{Kind: "ClusterNetworkPolicy", APIVersion: "policy.networking.k8s.io/v1alpha2"}},
		{"clusternetworkpolicies.networking.k8s.aws", Target{Kind: "ClusterNetworkPolicy", APIVersion: "networking.k8s.aws/v1alpha1"}},
		{"clusternetworkpolicies.crd.antrea.io", Target{Kind: "ClusterNetworkPolicy", APIVersion: "crd.antrea.io/v1beta1"}},
	} {
		if !e.has(t.resource) || len(e.versions) > 0 && !slices.Contains(e.versions, t.APIVersion) {
			continue
		}
		if strings.HasSuffix(t.resource, ".policy.networking.k8s.io") {
			const channel = "policy.networking.k8s.io/channel"
			var crd named
			q := one("crd."+t.resource, "customresourcedefinitions.apiextensions.k8s.io", t.resource, "", "whether this kind is standard or experimental", kept("metadata.annotations["+channel+"]"))
			e.into(q, &crd)
			t.Channel = crd.Meta.Annotations[channel]
		}
		e.d.Targets = append(e.d.Targets, t.Target)
	}
}
