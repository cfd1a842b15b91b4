package doctor

import (
	"regexp"
	"slices"
	"strings"
)

// Engine is what was found that enforces policies, or wires pods and enforces none.
type Engine struct {
	Name string `json:"name"`
	// Profile is the name that `cluster: cni` has for it, "" for none.
	Profile string `json:"profile"`
	// Found is where it shows, Version its version as its image says.
	Found   string `json:"found"`
	Version string `json:"version"`
	// Enforces is what that says of it, Why the reason where it is not plain.
	Enforces Verdict `json:"enforces"`
	Why      string  `json:"why"`
	// Settings are those of its settings that change what policies mean.
	Settings []Setting `json:"settings"`

	set *daemonSet
}

// Setting is a setting of an engine.
type Setting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// sign is how an engine shows, and what more is looked at.
type sign struct {
	name, profile string
	// sets are names of DaemonSets, with or without the namespace. The first container, or the one of this name, has the
	// version.
	sets      []string
	container string
	// otherwise looks for it where there is no such DaemonSet, and says where it shows.
	otherwise func(*examiner) string
	// decide says whether it enforces; without, it does.
	decide func(*examiner, *Engine)
	// alone says that it counts only where nothing above shows.
	alone bool
}

// signs is the engines that are known, in the order in which they are looked for.
func signs() []sign {
	return []sign{
		{name: "GKE Dataplane V2", profile: "gke-dataplane-v2", sets: []string{"kube-system/anetd"}},
		{name: "Cilium", profile: "cilium", sets: []string{"cilium"}, container: "cilium-agent", decide: cilium},
		{name: "Calico", profile: "calico", sets: []string{"calico-system/calico-node", "kube-system/calico-node"}, container: "calico-node", decide: calico},
		{name: "Canal", profile: "calico", sets: []string{"canal", "rke2-canal"}, container: "calico-node", decide: calico},
		{name: "AWS VPC CNI", profile: "aws-vpc", sets: []string{"kube-system/aws-node"}, container: "aws-eks-nodeagent", decide: aws},
		{name: "EKS Auto Mode", profile: "aws-vpc", otherwise: eksAuto, decide: eksAutoEnforces},
		{name: "Azure NPM", profile: "azure-npm", sets: []string{"azure-npm"}},
		{name: "OVN-Kubernetes", profile: "ovn-kubernetes", sets: []string{"openshift-ovn-kubernetes/ovnkube-node", "ovn-kubernetes/ovnkube-node"}, container: "ovnkube-controller", otherwise: ovn},
		{name: "Antrea", profile: "antrea", sets: []string{"antrea-agent"}, container: "antrea-agent"},
		{name: "Kube-OVN", sets: []string{"kube-ovn-cni"}, container: "cni-server"},
		{name: "kube-router", profile: "kube-router", sets: []string{"kube-router"}, decide: kubeRouter},
		{name: "kube-network-policies", profile: "kindnet", sets: []string{"kube-network-policies"}, decide: kubeNetworkPolicies},
		{name: "kindnet", profile: "kindnet", sets: []string{"kindnet"}, decide: kindnet},
		{name: "Weave Net", sets: []string{"weave-net"}, decide: because(Yes, "the project is no longer kept up")},
		{name: "k3s", profile: "kube-router", otherwise: k3s, decide: k3sEnforces, alone: true},
		{name: "flannel", sets: []string{"kube-flannel-ds"}, otherwise: flannel, decide: because(No, "it wires pods, and has nothing that enforces"), alone: true},
	}
}

// detect finds the engines of the cluster.
func (e *examiner) detect() {
	for _, s := range signs() {
		if s.alone && slices.ContainsFunc(e.d.Engines, func(x Engine) bool { return x.Enforces != No }) {
			continue
		}
		if x := e.find(s); x != nil {
			e.d.Engines = append(e.d.Engines, *x)
		}
	}
	enforcingFirst(e.d.Engines)
}

func (e *examiner) find(s sign) *Engine {
	x := &Engine{Name: s.name, Profile: s.profile, Enforces: Yes, Settings: []Setting{}}
	for _, want := range s.sets {
		i := slices.IndexFunc(e.sets, func(d daemonSet) bool {
			return d.Meta.Name == want || d.Meta.Namespace+"/"+d.Meta.Name == want
		})
		if i < 0 {
			continue
		}
		x.set = &e.sets[i]
		x.Found = "DaemonSet " + x.set.Meta.Namespace + "/" + x.set.Meta.Name
		if c := x.container(s.container); c != nil {
			x.Version = imageVersion(c.Image)
		}
		break
	}
	if x.set == nil && s.otherwise != nil {
		x.Found = s.otherwise(e)
	}
	if x.Found == "" {
		return nil
	}
	if s.decide != nil {
		s.decide(e, x)
	}
	return x
}

// container returns the container of a name of an engine's pods, else the first; nil where there is none.
func (x *Engine) container(name string) *container {
	if x.set == nil {
		return nil
	}
	all := x.set.Spec.Template.Spec.Containers
	if i := slices.IndexFunc(all, func(c container) bool { return c.Name == name }); i >= 0 {
		return &all[i]
	}
	if len(all) == 0 {
		return nil
	}
	return &all[0]
}

// flag returns the value of a flag of an engine's containers, with `--name=value`, `--name value` or `--name`.
func (x *Engine) flag(name string) (string, bool) {
	if x.set == nil {
		return "", false
	}
	for _, c := range x.set.Spec.Template.Spec.Containers {
		words := append(slices.Clone(c.Command), c.Args...)
		for i, w := range words {
			key, value, given := strings.Cut(strings.TrimLeft(w, "-"), "=")
			switch {
			case key != name || !strings.HasPrefix(w, "-"):
			case given:
				return value, true
			case i+1 < len(words) && !strings.HasPrefix(words[i+1], "-"):
				return words[i+1], true
			default:
				return "true", true
			}
		}
	}
	return "", false
}

func (x *Engine) setting(name, value string) {
	if value != "" {
		x.Settings = append(x.Settings, Setting{name, value})
	}
}

func (x *Engine) says(v Verdict, why string) { x.Enforces, x.Why = v, why }

// is returns the value of a setting that was read.
func (x *Engine) is(name string) string {
	for _, s := range x.Settings {
		if s.Name == name {
			return s.Value
		}
	}
	return ""
}

func because(v Verdict, why string) func(*examiner, *Engine) {
	return func(_ *examiner, x *Engine) { x.says(v, why) }
}

var imageTag = regexp.MustCompile(`:([A-Za-z0-9_][A-Za-z0-9_.+-]*)(?:@|$)`)

// imageVersion returns the tag of an image, "" where it has none.
func imageVersion(image string) string {
	if m := imageTag.FindStringSubmatch(image[strings.LastIndex(image, "/")+1:]); m != nil {
		return m[1]
	}
	return ""
}
