package doctor

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/kubectl"
)

// configMap reads values of a ConfigMap of kube-system.
func (e *examiner) configMap(name string, keys ...string) (map[string]string, bool) {
	var v struct {
		Data map[string]string `json:"data"`
	}
	ok := e.into(configMapQuery(name, keys...), &v)
	return v.Data, ok
}

func cilium(e *examiner, x *Engine) {
	if slices.ContainsFunc(e.sets, func(d daemonSet) bool { return d.Meta.Name == "azure-cns" }) {
		x.Name, x.Profile = "Azure CNI with Cilium", "azure-cilium"
	}
	keys := []string{
		"enable-policy", "policy-cidr-match-mode", "enable-l7-proxy", "enable-sctp", "enable-k8s-networkpolicy",
		"enable-k8s-cluster-network-policy", "kube-proxy-replacement", "allow-localhost",
	}
	data, ok := e.configMap("cilium-config", keys...)
	for _, k := range keys {
		x.setting(k, data[k])
	}
	switch {
	case !ok:
		x.says(Unclear, "it enforces by default, and its settings could not be read")
	case data["enable-policy"] == "never":
		x.says(No, "`enable-policy` is `never`")
	case data["enable-k8s-networkpolicy"] == "false":
		x.says(No, "`enable-k8s-networkpolicy` is `false`")
	}
}

func calico(e *examiner, x *Engine) {
	var felix struct {
		Spec struct {
			BPF *bool  `json:"bpfEnabled"`
			NFT string `json:"nftablesMode"`
		} `json:"spec"`
	}
	if e.has("felixconfigurations.crd.projectcalico.org") {
		e.into(one("felixconfiguration", "felixconfigurations.crd.projectcalico.org", "default", "", "how Calico is set",
			kept("spec.bpfEnabled", "spec.nftablesMode")), &felix)
	}
	if felix.Spec.BPF != nil && *felix.Spec.BPF {
		x.setting("bpfEnabled", "true")
	}
	x.setting("nftablesMode", felix.Spec.NFT)
	var installation struct {
		Spec struct {
			Network struct {
				DataPlane string `json:"linuxDataplane"`
			} `json:"calicoNetwork"`
		} `json:"spec"`
	}
	if e.has("installations.operator.tigera.io") {
		e.into(one("installation", "installations.operator.tigera.io", "default", "", "how Calico is set", kept("spec.calicoNetwork.linuxDataplane")), &installation)
	}
	x.setting("linuxDataplane", installation.Spec.Network.DataPlane)
}

func aws(e *examiner, x *Engine) {
	if x.container("aws-eks-nodeagent") == nil || x.container("aws-eks-nodeagent").Name != "aws-eks-nodeagent" {
		x.says(No, "there is no container `aws-eks-nodeagent`, which enforces")
		return
	}
	on, _ := x.flag("enable-network-policy")
	for _, c := range x.set.Spec.Template.Spec.Containers {
		for _, v := range c.Env {
			x.setting(v.Name, v.Value)
		}
	}
	switch {
	case on != "true":
		x.says(No, "`aws-eks-nodeagent` runs without `--enable-network-policy=true`: switch it on in the add-on's configuration")
	case len(e.resources) == 0:
		x.says(Unclear, "whether there is the kind `policyendpoints.networking.k8s.aws`, by which it works, is not known")
	case !e.has("policyendpoints.networking.k8s.aws"):
		x.says(No, "the kind `policyendpoints.networking.k8s.aws`, by which it works, is not there")
	}
}

const computeType = "eks.amazonaws.com/compute-type"

func eksAuto(e *examiner) string {
	for _, n := range e.nodes {
		if n.Meta.Labels[computeType] == "auto" {
			return "Node " + n.Meta.Name
		}
	}
	return ""
}

func eksAutoEnforces(e *examiner, x *Engine) {
	a, ok := e.ask(configMapQuery("amazon-vpc-cni", "enable-network-policy-controller"))
	var v struct {
		Data map[string]string `json:"data"`
	}
	if ok && !e.decode("configmap.amazon-vpc-cni", a.JSON, &v) {
		return
	}
	const key = "enable-network-policy-controller"
	switch {
	case v.Data[key] == "true":
		x.setting(key, "true")
	case !ok && a.Why != kubectl.Absent:
		x.says(Unclear, "the ConfigMap `kube-system/amazon-vpc-cni`, which switches it on, could not be read")
	default:
		x.says(No, "the ConfigMap `kube-system/amazon-vpc-cni` does not have `"+key+": \"true\"`")
	}
	var class struct {
		Spec struct {
			Policy string `json:"networkPolicy"`
		} `json:"spec"`
	}
	if e.has("nodeclasses.eks.amazonaws.com") {
		e.into(one("nodeclass", "nodeclasses.eks.amazonaws.com", "default", "", "what becomes of new pods", kept("spec.networkPolicy")), &class)
		x.setting("networkPolicy", class.Spec.Policy)
	}
}

func ovn(e *examiner) string {
	for _, n := range e.nodes {
		if n.Meta.Annotations["k8s.ovn.org/node-subnets"] != "" {
			return "Node " + n.Meta.Name
		}
	}
	if !e.has("networks.config.openshift.io") {
		return ""
	}
	var v struct {
		Status struct {
			Type string `json:"networkType"`
		} `json:"status"`
	}
	if e.into(one("network", "networks.config.openshift.io", "cluster", "", "the network of OpenShift", kept("status.networkType")), &v) && v.Status.Type == "OVNKubernetes" {
		return "Network cluster"
	}
	return ""
}

func kubeRouter(_ *examiner, x *Engine) {
	if on, given := x.flag("run-firewall"); given && on != "true" {
		x.says(No, "it runs with `--run-firewall="+on+"`")
	}
}

func kubeNetworkPolicies(_ *examiner, x *Engine) {
	for _, name := range []string{"fail-open", "strict-mode"} {
		value, _ := x.flag(name)
		x.setting(name, value)
	}
	if open, given := x.flag("fail-open"); given && open != "true" {
		return
	}
	x.Why = "with `--fail-open` it looks healthy where it enforces nothing: probe it"
}

// kindnetSince is the date of the first kindnet that enforces.
const kindnetSince = "20240813"

var imageDate = regexp.MustCompile(`^v(20[0-9]{6})\b`)

func kindnet(_ *examiner, x *Engine) {
	m := imageDate.FindStringSubmatch(x.Version)
	switch {
	case m == nil:
		x.says(Unclear, "its image has no date, by which it would show whether it enforces")
	case m[1] < kindnetSince:
		x.says(No, "images before "+kindnetSince+" enforce no policies")
	}
}

const (
	k3sArgs = "k3s.io/node-args"
)

func k3s(e *examiner) string {
	for _, n := range e.nodes {
		_, isK3s := n.Meta.Annotations[k3sArgs]
		if isK3s || strings.Contains(n.Status.Info.Kubelet, "+k3s") {
			return "Node " + n.Meta.Name
		}
	}
	return ""
}

func k3sEnforces(e *examiner, x *Engine) {
	noted := false
	for _, n := range e.nodes {
		args, has := n.Meta.Annotations[k3sArgs]
		var words []string
		if has && json.Unmarshal([]byte(args), &words) != nil {
			continue // it stands there, and cannot be read
		}
		noted = noted || has
		for _, word := range words {
			switch word {
			case "--disable-network-policy", "--disable-network-policy=true", "--flannel-backend=none":
				x.says(No, "node `"+n.Meta.Name+"` runs with `"+word+"`")
				return
			}
		}
	}
	if !noted {
		x.says(Unclear, "no node says with which arguments k3s runs")
	}
}

func flannel(e *examiner) string {
	for _, n := range e.nodes {
		if n.Meta.Annotations["flannel.alpha.coreos.com/backend-type"] != "" {
			return "Node " + n.Meta.Name
		}
	}
	return ""
}
