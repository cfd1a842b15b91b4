package doctor

import (
	"encoding/json"
	"net/netip"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/compare"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/kubectl"
)

// APIServer is where the API server answers.
type APIServer struct {
	Addresses []string `json:"addresses"`
	Ports     []int    `json:"ports"`
	// ClusterIPs is the addresses of its Service, on port 443.
	ClusterIPs []string `json:"clusterIPs"`
	// Field is the field of a package for it.
	Field string `json:"field"`
}

// apiServer finds the addresses. Policies of AWS see packets on their way to the Service, others behind it.
func (e *examiner) apiServer() {
	inv, err := e.inventory()
	if err != nil {
		e.err = err
		return
	}
	a, known := inv.APIServer()
	if !known {
		return
	}
	out := &APIServer{Addresses: a.Addresses, Ports: []int{}, ClusterIPs: []string{}, Field: compare.APIServerField(e.Graph, inv)}
	for _, p := range a.Ports {
		out.Ports = append(out.Ports, p.Number)
	}
	for _, s := range e.services {
		if s.Meta.Namespace == "default" && s.Meta.Name == "kubernetes" {
			out.ClusterIPs = append(out.ClusterIPs, s.Spec.ClusterIPs...)
		}
	}
	e.d.APIServer = out
	x := e.d.Engine()
	if x == nil || x.Profile != "aws-vpc" || len(out.ClusterIPs) == 0 {
		return
	}
	var all []string
	for _, text := range slices.Concat(out.ClusterIPs, out.Addresses) {
		if address, err := netip.ParseAddr(text); err == nil {
			all = append(all, `"`+netip.PrefixFrom(address, address.BitLen()).String()+`"`)
		}
	}
	ports := "443"
	for _, p := range out.Ports {
		if p != 443 {
			text, _ := json.Marshal(p)
			ports += ", " + string(text)
		}
	}
	out.Field = "apiserver: {cidrs: [" + strings.Join(all, ", ") + "], ports: [" + ports + "]}"
	if e.Graph != nil && e.Graph.Cluster.Profile.IPBlock.Services != graph.Yes { // else it is compared already
		e.beforeService(out)
	}
}

// beforeService finds packages that leave out the Service of the API server on AWS.
func (e *examiner) beforeService(a *APIServer) {
	for _, p := range e.Graph.Packages {
		if p.APIServer == nil {
			continue
		}
		for _, text := range a.ClusterIPs {
			address, err := netip.ParseAddr(text)
			within := slices.ContainsFunc(p.APIServer.CIDRs, func(c graph.Prefix) bool { return c.Contains(address) })
			opens := slices.ContainsFunc(p.APIServer.Ports, func(q graph.Port) bool { return q.Protocol == graph.TCP && q.Lo <= 443 && 443 <= q.Hi })
			if err == nil && !(within && opens) {
				e.d.Findings.Errorf(diag.APIServerDiffers, p.APIServer.Pos, "`apiserver` does not hold `%s`, which policies of AWS see on the way to the API server", netip.AddrPortFrom(address, 443)).
					WithHelp("write `%s`", a.Field)
			}
		}
	}
}

func cniHelp(x *Engine) string {
	if x.Profile == "" {
		return "remove `cni`, or is this another cluster?"
	}
	return "write `cluster: cni: \"" + x.Profile + "\"`, or is this another cluster?"
}

// limits tells of edges that the engine takes otherwise.
func (e *examiner) limits() {
	const ciliumKind = "ciliumnetworkpolicies.cilium.io"
	if e.Graph.Target() == graph.Cilium && len(e.resources) > 0 && !e.has(ciliumKind) {
		e.d.Findings.Errorf(diag.EngineLimit, e.Graph.Packages[0].Output.TargetPos, "`output: target` is `cilium`, and the cluster does not have the kind `%s`", ciliumKind).
			WithHelp("write `target: \"kubernetes\"`, or is this another cluster?")
	}
	x := e.d.Engine()
	if x == nil {
		return
	}
	if said := e.Graph.Cluster.CNI; said.IsSet() && x.Profile != said.Value && x.Enforces == Yes {
		e.d.Findings.Errorf(diag.EngineLimit, said.Pos, "`cluster: cni` says `%s`, and what enforces policies in the cluster is %s", said.Value, x.Name).
			WithHelp("%s", cniHelp(x))
	}
	for _, w := range e.Graph.Workloads {
		for _, p := range w.Ports {
			if x.Profile == "cilium" && p.Protocol == graph.SCTP && x.is("enable-sctp") != "true" {
				e.d.Findings.Errorf(diag.EngineLimit, p.Pos, "Cilium enforces nothing for SCTP here, as `enable-sctp` is not set: port `%s` of `%s`", p.Name, w).
					WithHelp("set `enable-sctp: \"true\"` in Cilium's configuration")
			}
		}
		if x.Profile == "aws-vpc" && w.Namespace.Selector == nil {
			e.servicePorts(x, w)
		}
	}
}

// servicePorts tells of Services whose port is another than the pods', by which clients on AWS are closed.
func (e *examiner) servicePorts(x *Engine, w *graph.Workload) {
	for _, s := range e.services {
		if s.Meta.Namespace != w.Namespace.Name || len(s.Spec.Selector) == 0 || !slices.ContainsFunc(e.pods, func(p pod) bool {
			return p.Meta.Namespace == s.Meta.Namespace && selects(s.Spec.Selector, p.Meta.Labels) && matches(&w.Selector, p.Meta.Labels)
		}) {
			continue
		}
		for _, p := range s.Spec.Ports {
			var number int
			if json.Unmarshal(p.TargetPort, &number) == nil && number != 0 && number != p.Port && slices.ContainsFunc(w.Ports, func(q graph.NamedPort) bool { return q.Lo <= number && number <= q.Hi }) {
				e.d.Findings.Errorf(diag.EngineLimit, w.Pos, "Service `%s` has port %d for port %d of the pods of `%s`, and policies of %s ask for the same", s.Meta.Name, p.Port, number, w, x.Name).
					WithHelp("give the Service the port %d", number)
			}
		}
	}
}

// Right is something that a probe needs.
type Right struct {
	Verb     string `json:"verb"`
	Resource string `json:"resource"`
	Allowed  bool   `json:"allowed"`
}

// rights asks whether a probe could run.
func (e *examiner) rights() {
	e.d.Probe = []Right{}
	for _, r := range [][]string{{"create", "namespaces"}, {"create", "pods", "-A"}, {"create", "pods", "-A", "--subresource=exec"}, {"create", "networkpolicies.networking.k8s.io", "-A"}} {
		name := strings.Join(r[:2], ".")
		if len(r) == 4 {
			name += ".exec"
		}
		q := query{
			Query:   kubectl.Query{Name: "can-i." + name, Args: append([]string{"auth", "can-i"}, r...), Lines: true},
			without: "whether a probe can run",
		}
		var words []string
		if e.into(q, &words) && len(words) > 0 {
			e.d.Probe = append(e.d.Probe, Right{r[0], strings.ReplaceAll(strings.TrimPrefix(name, r[0]+"."), "pods.exec", "pods/exec"), words[0] == "yes"})
		}
	}
}
