package inventory

import (
	"fmt"
	"strings"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/rule"
)

// NotCounted is something of the input that could change an answer, and is not part of it.
type NotCounted struct {
	Pos diag.Pos
	// APIVersion, Kind, Namespace and Name are what is known of the object; Kind is empty where it could not be read.
	APIVersion, Kind, Namespace, Name string
	// Everywhere is set where it may concern any namespace: a cluster's policy, or what could not be read.
	Everywhere bool
	Reason     string
	// Text is the document, or the object of a list.
	Text []byte
	// Means is what the object means where it is a policy of a kind that is counted by those who know more than
	// NetworkPolicies, else nil.
	Means Meaning
	// Order says that all of it is counted, but not whether it is asked before another one.
	Order bool
	Written
	// Refused is the finding that says that Kubernetes does not take it, or nil.
	Refused *diag.Diagnostic
	// foreign is set for a policy of another kind.
	foreign bool
}

// Meaning gives what an object means in a namespace, where it names none: policies, and what of it is not in them.
type Meaning func(namespace string) (policies []rule.Policy, notCounted []string)

// String returns what it is, as `CiliumNetworkPolicy shop/web`.
func (n NotCounted) String() string {
	if n.Kind == "" {
		return "a document"
	}
	return strings.TrimSpace(n.Kind + " " + n.name())
}

func (n NotCounted) name() string {
	if n.Namespace == "" {
		return n.Name
	}
	return n.Namespace + "/" + n.Name
}

func (r *reader) notCounted(n NotCounted) { r.inv.NotCounted = append(r.inv.NotCounted, n) }

// names returns the namespace and the name of an object, as far as they can be told.
func (o *object) names() (namespace, name string) {
	var v struct {
		Metadata map[string]any `json:"metadata"`
	}
	if o.decode(&v) != nil {
		return "", ""
	}
	namespace, _ = v.Metadata["namespace"].(string)
	if name, _ = v.Metadata["name"].(string); name == "" {
		name, _ = v.Metadata["generateName"].(string)
	}
	return namespace, name
}

func (o *object) notCounted(reason string) NotCounted {
	namespace, name := o.names()
	o.called(namespace, name)
	return NotCounted{
		Pos: o.pos, APIVersion: o.APIVersion, Kind: o.Kind, Namespace: namespace, Name: name,
		Everywhere: name == "" || namespaceFault(namespace) != "" || o.isOfCluster(), Reason: reason, Text: o.JSON, foreign: o.isForeignPolicy(),
		Written: o.Written,
	}
}

// isForeignPolicy reports whether the object is a policy of another kind, which can open or close what NetworkPolicies say
// nothing of, or the other way round.
func (o *object) isForeignPolicy() bool {
	if strings.HasPrefix(o.Kind, "Staged") {
		return false // reported on, not enforced
	}
	switch o.group() + "/" + o.Kind {
	case "networking.k8s.io/NetworkPolicy", "extensions/NetworkPolicy", "/NetworkPolicy":
		return false
	case "cilium.io/CiliumCIDRGroup", "cilium.io/CiliumLocalRedirectPolicy", "cilium.io/CiliumEgressGatewayPolicy",
		"vpcresources.k8s.aws/SecurityGroupPolicy", "networking.k8s.aws/PolicyEndpoint", "networking.k8s.aws/ClusterPolicyEndpoint",
		"k8s.ovn.org/EgressFirewall", "network.openshift.io/EgressNetworkPolicy", "network.openshift.io/NetNamespace",
		"crd.nsx.vmware.com/SecurityPolicy", "kubeovn.io/SecurityGroup":
		return true
	}
	return strings.HasSuffix(o.Kind, "NetworkPolicy")
}

// isOfCluster reports whether objects of the kind are in no namespace.
func (o *object) isOfCluster() bool {
	switch o.Kind {
	case "Namespace", "SecurityGroup", "NetNamespace":
		return true
	}
	for _, start := range []string{"Cluster", "Global", "Admin", "BaselineAdmin", "CiliumClusterwide", "CiliumCIDR", "CiliumEgress"} {
		if strings.HasPrefix(o.Kind, start) {
			return true
		}
	}
	return false
}

// OtherPolicies returns findings that name the policies of other kinds, one for each kind, but for those that are counted.
func (inv *Inventory) OtherPolicies() diag.List {
	var findings diag.List
	type kind struct{ apiVersion, kind string }
	var kinds []kind
	objects := map[kind][]NotCounted{}
	for _, n := range inv.NotCounted {
		if k := (kind{n.APIVersion, n.Kind}); n.foreign && n.Means == nil && n.Refused == nil {
			if objects[k] == nil {
				kinds = append(kinds, k)
			}
			objects[k] = append(objects[k], n)
		}
	}
	for _, k := range kinds {
		all := objects[k]
		what := "1 object of the kind `%s` (%s) is not counted: %s"
		if len(all) > 1 {
			what = fmt.Sprint(len(all)) + " objects of the kind `%s` (%s) are not counted: %s"
		}
		finding := findings.Infof(diag.NotCounted, all[0].Pos, what, k.kind, k.apiVersion, nameList(all)).
			WithHelp("npgen does not read policies of this kind; they may open or close what its answer does not show")
		for _, n := range all[1:] {
			finding.WithRelated(n.Pos, "`%s`", n.name())
		}
	}
	return findings
}

// nameList returns the names of objects, the first of them where there are many.
func nameList(all []NotCounted) string {
	const most = 10
	var out []string
	for _, n := range all[:min(len(all), most)] {
		out = append(out, "`"+n.name()+"`")
	}
	if len(all) > most {
		out = append(out, fmt.Sprintf("and %d more", len(all)-most))
	}
	return strings.Join(out, ", ")
}
