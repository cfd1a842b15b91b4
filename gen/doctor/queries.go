package doctor

import (
	"encoding/json"
	"regexp"
	"strings"

	"github.com/npgen/npgen/gen/kubectl"
)

// query is a question to the cluster, and what is not known without its answer.
type query struct {
	kubectl.Query
	without string
	// optional says that there may be nothing, which is fine.
	optional bool
	// scoped says that the owned namespaces by themselves are worth asking for, where the whole cluster may not be.
	scoped bool
}

// list is all objects of a kind, with fields besides their names and labels.
func list(name, resource, without string, fields ...string) query {
	return query{Query: kubectl.Query{Name: name, Args: []string{"get", resource, "-A", "-o", "json"}, Keep: kept(fields...)}, without: without, scoped: true}
}

// one is an object; it may not be there.
func one(name, resource, object, namespace, without string, keep kubectl.Fields) query {
	args := []string{"get", resource, object, "-o", "json"}
	if namespace != "" {
		args = append(args, "-n", namespace)
	}
	return query{Query: kubectl.Query{Name: name, Args: args, Keep: keep}, without: without, optional: true}
}

func kept(fields ...string) kubectl.Fields {
	return kubectl.Paths(append([]string{"metadata.name", "metadata.namespace", "metadata.labels"}, fields...)...)
}

// What is not known without a right.
const (
	noEngine     = "what enforces policies"
	noDNS        = "which DNS servers there are"
	noPods       = "which pods the package covers"
	noServices   = "whether ports are those behind Services, and which DNS servers there are"
	noPorts      = "which ports are behind Services"
	noNamespaces = "whether the namespaces of the package are there"
	noPolicies   = "what of the package is applied, and which other policies there are"
	noAPIServer  = "where the API server answers"
)

func versionQuery() query {
	return query{
		Query:   kubectl.Query{Name: "version", Args: []string{"version", "-o", "json"}, Keep: kubectl.Paths("serverVersion.gitVersion")},
		without: "the version of the API server",
	}
}

func apiVersionsQuery() query {
	return query{Query: kubectl.Query{Name: "api-versions", Args: []string{"api-versions"}, Lines: true}, without: "which kinds of policies the API server takes"}
}

func apiResourcesQuery() query {
	return query{Query: kubectl.Query{Name: "api-resources", Args: []string{"api-resources", "-o", "name"}, Lines: true}, without: "which other kinds of policies there are"}
}

func nodesQuery() query {
	q := query{Query: kubectl.Query{Name: "nodes", Args: []string{"get", "nodes", "-o", "json"}}, without: noEngine + " where that is no DaemonSet, and which nodes are not protected"}
	q.Keep = kubectl.Paths("metadata.name", "spec.providerID", "status.nodeInfo.kubeletVersion", "status.nodeInfo.operatingSystem",
		"metadata.annotations[k8s.ovn.org/node-subnets]", "metadata.annotations[flannel.alpha.coreos.com/backend-type]",
		"metadata.labels[kubernetes.io/os]", "metadata.labels[eks.amazonaws.com/compute-type]", "metadata.labels[cloud.google.com/gke-nodepool]",
		"metadata.labels[addon.gke.io/node-local-dns-ds-ready]")
	q.Keep = q.Keep.Text("metadata.annotations[k3s.io/node-args]", nodeArgs)
	return q
}

// nodeArgs leaves of the arguments of k3s, a list in JSON, those that say whether it enforces: others may be secret.
func nodeArgs(text string) string {
	var words []string
	if json.Unmarshal([]byte(text), &words) != nil {
		return ""
	}
	kept := []string{}
	for i, w := range words {
		switch flag, value, given := strings.Cut(w, "="); {
		case flag != "--disable-network-policy" && flag != "--flannel-backend":
		case !given && flag == "--flannel-backend" && i+1 < len(words):
			kept = append(kept, flag+"="+words[i+1])
		case !given:
			kept = append(kept, flag)
		default:
			kept = append(kept, flag+"="+value)
		}
	}
	out, _ := json.Marshal(kept)
	return string(out)
}

// engineFlags are the arguments of DaemonSets that say what they enforce; others may be secret.
var engineFlags = regexp.MustCompile(`^--?(enable-network-policy|run-firewall|fail-open|strict-mode|localip|hostname-override)\b`)

func daemonSetsQuery() query {
	q := list("daemonsets", "daemonsets.apps", noEngine, "status.desiredNumberScheduled", "status.numberReady",
		"spec.template.spec.containers.name", "spec.template.spec.containers.image", "spec.template.metadata.labels", "spec.selector")
	q.scoped = false
	isFlag := func(text string) bool { return engineFlags.MatchString(text) || addresses.MatchString(text) }
	for _, at := range []string{"args", "command"} {
		q.Keep = q.Keep.Texts("spec.template.spec.containers."+at, isFlag)
	}
	q.Keep = q.Keep.Named("spec.template.spec.containers.env", enforcingMode)
	return q
}

// enforcingMode is the variable by which AWS' agent is told what becomes of new pods.
const enforcingMode = "NETWORK_POLICY_ENFORCING_MODE"

// addresses is a list of addresses, as the value of a flag that stands by itself.
var addresses = regexp.MustCompile(`^[0-9a-f.:]+(,[0-9a-f.:]+)*$`)

func podsQuery() query {
	return list("pods", "pods", noPods, "metadata.ownerReferences.kind", "metadata.ownerReferences.name", "metadata.ownerReferences.controller",
		"metadata.ownerReferences.apiVersion", "metadata.ownerReferences.uid", "spec.hostNetwork", "spec.nodeName", "spec.containers.name", "spec.containers.ports",
		"spec.initContainers.name", "spec.initContainers.restartPolicy", "spec.initContainers.ports", "status.phase", "status.podIPs")
}

// controllersQuery asks for what makes pods.
func controllersQuery(name, resource string) query {
	at := "spec.template."
	if name == "cronjobs" {
		at = "spec.jobTemplate.spec.template."
	}
	return list(name, resource, "which workloads have no pods for now", at+"metadata.labels", at+"spec.hostNetwork", at+"spec.containers.name", at+"spec.containers.ports")
}

func servicesQuery() query {
	return list("services", "services", noServices, "spec.selector", "spec.ports", "spec.type", "spec.clusterIP", "spec.clusterIPs", "spec.externalName")
}

func endpointSlicesQuery() query {
	return list("endpointslices", "endpointslices.discovery.k8s.io", noPorts+", and "+noAPIServer, "endpoints.addresses", "ports", "addressType")
}

func namespacesQuery() query {
	return query{Query: kubectl.Query{Name: "namespaces", Args: []string{"get", "namespaces", "-o", "json"}, Keep: kept()}, without: noNamespaces}
}

func policiesQuery() query {
	return list("networkpolicies", "networkpolicies.networking.k8s.io", noPolicies, "spec", "metadata.annotations[npgen.dev/edges]", "metadata.annotations[npgen.dev/why]")
}

// otherPolicies are kinds of policies besides NetworkPolicies that engines enforce, by the full names of their resources:
// the short ones are claimed by several.
func otherPolicies() []string {
	return []string{
		"ciliumnetworkpolicies.cilium.io", "ciliumclusterwidenetworkpolicies.cilium.io",
		"networkpolicies.projectcalico.org", "globalnetworkpolicies.projectcalico.org",
		"networkpolicies.crd.projectcalico.org", "globalnetworkpolicies.crd.projectcalico.org",
		"clusternetworkpolicies.policy.networking.k8s.io", "adminnetworkpolicies.policy.networking.k8s.io", "baselineadminnetworkpolicies.policy.networking.k8s.io",
		"clusternetworkpolicies.networking.k8s.aws", "applicationnetworkpolicies.networking.k8s.aws",
		"networkpolicies.crd.antrea.io", "clusternetworkpolicies.crd.antrea.io", "egressfirewalls.k8s.ovn.org",
	}
}

func otherPoliciesQuery(resource string) query {
	return list(resource, resource, "which policies of this kind there are", "status.conditions.type", "status.conditions.status", "status.conditions.message", "metadata.annotations[projectcalico.org/name]")
}

func configMapQuery(name string, keys ...string) query {
	var paths []string
	for _, k := range keys {
		paths = append(paths, "data["+k+"]")
	}
	return one("configmap."+name, "configmaps", name, "kube-system", "how the network plugin is set", kept(paths...))
}

func kubeletQuery(node string) query {
	return query{
		Query: kubectl.Query{
			Name: "kubelet", Args: []string{"get", "--raw", "/api/v1/nodes/" + node + "/proxy/configz"}, Keep: kubectl.Paths("kubeletconfig.clusterDNS"),
		},
		without: "which address pods ask for names",
	}
}
