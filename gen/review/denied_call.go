package review

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/evidence"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/sets"
)

// denied is a call that policies deny.
type denied struct {
	evidence.Call
	ports graph.PortSet
	// out and in say which half is closed.
	out, in bool
	// unsure is set where the caller may be somebody who is let in after all, and says so.
	unsure string
}

// deniedCalls finds calls that the manifests speak of and no policy lets pass on any port that may be meant. Calls of one
// workload to another are one finding, at the first place that speaks of them, and so are those of one place.
func (r *reviewer) deniedCalls() {
	if len(r.policies) == 0 {
		return
	}
	type pair struct {
		caller   evidence.Caller
		from, to *inventory.Workload
	}
	of := map[*inventory.Workload]*pods{}
	for _, p := range r.workloads.list {
		of[p.workload] = p
	}
	known := map[pair]*denied{}
	var places []diag.Pos
	at := map[string][]*denied{}
	for _, c := range evidence.New(r.inv, r.assumed).Calls() {
		from, to := of[c.From], of[c.To]
		if to == nil || c.Everyone || to.onHost() || c.Caller == evidence.Pods && (from == nil || from.onHost() || c.From.Is(c.To)) || !r.mayListen(c) {
			continue
		}
		d := r.deny(c, from, to)
		if d == nil {
			continue
		}
		k := pair{c.Caller, c.From, c.To}
		if earlier := known[k]; earlier != nil {
			earlier.add(c.Ports)
			continue
		}
		known[k] = d
		pos := c.Pos()
		if at[pos.String()] == nil {
			places = append(places, pos)
		}
		at[pos.String()] = append(at[pos.String()], d)
	}
	for _, pos := range places {
		r.reportDenied(pos, at[pos.String()], of)
	}
}

func (d *denied) add(ports []graph.Port) {
	for _, p := range ports {
		d.ports.Add(p)
	}
}

// mayListen reports whether the workload that is called may listen on a port that is meant. Containers need not declare
// ports; one behind a Service beside another that does is passed over.
func (r *reviewer) mayListen(c evidence.Call) bool {
	if c.Service == nil || declares(c.To, c.Ports) {
		return true
	}
	return !slices.ContainsFunc(r.links.Behind(c.Service), func(w *inventory.Workload) bool { return declares(w, c.Ports) })
}

func declares(w *inventory.Workload, ports []graph.Port) bool {
	return slices.ContainsFunc(w.Ports, func(p inventory.Port) bool { return slices.Contains(ports, p.Graph()) })
}

// isSure reports whether what the manifests say is surely a call.
func isSure(c evidence.Call) bool { return c.Sure && !c.OwnPod }

// deny returns what is closed of a call, or nil.
func (r *reviewer) deny(c evidence.Call, from, to *pods) *denied {
	var ports sets.Ports
	for _, p := range c.Ports {
		ports = ports.Union(sets.PortRange(p.Protocol, p.Lo, p.Hi))
	}
	d := &denied{Call: c}
	d.add(c.Ports)
	if c.Caller == evidence.Pods {
		b := r.between(from, to, ports)
		d.out, d.in = r.closes(b, graph.Egress, c.From.Namespace), r.closes(b, graph.Ingress, c.To.Namespace)
	} else {
		d.in, d.unsure = r.closedOutside(c.Caller, to, ports)
	}
	if !d.out && !d.in {
		return nil
	}
	return d
}

// closes reports whether the policies of a direction surely let no flow of a box pass; namespace is that of their pods.
func (r *reviewer) closes(b *sets.Box, d graph.Directions, namespace string) bool {
	return r.sure(namespace) && !r.passes(b, d, sets.PodToPod) && len(r.byRange[d].Meeting(b)) == 0
}

// closedOutside reports whether policies surely let nobody in who may call from outside of the namespace, by whom the caller
// is; or who else is let in, and may be the caller in some clusters.
func (r *reviewer) closedOutside(caller evidence.Caller, to *pods, ports sets.Ports) (closed bool, unless string) {
	own := to.workload.Namespace
	addresses := r.Unnamed(r.FlowsWith(sets.Destination, to.Pods, sets.AllAddresses(), ports))
	if !r.sure(own) || r.passes(addresses, graph.Ingress, sets.AddressToPod) {
		return false, ""
	}
	fromPods := func(p sets.Pods) *sets.Box { return r.between(&pods{Pods: p}, to, ports) }
	if caller == evidence.APIServer {
		// Where the API server reaches pods through agents (konnectivity), those are pods of kube-system.
		if r.passes(fromPods(r.namespace("kube-system")), graph.Ingress, sets.PodToPod) {
			return true, "pods of namespace `kube-system` are let in"
		}
		return true, ""
	}
	if r.passes(fromPods(r.NotNamed([]string{own})), graph.Ingress, sets.PodToPod) {
		return false, ""
	}
	if caller == evidence.Anyone || !r.passes(fromPods(r.namespace(own)), graph.Ingress, sets.PodToPod) {
		return true, ""
	}
	return r.closedToControllers(own, to, ports)
}

// closedToControllers reports whether policies let no pod of their own namespace in that may be an ingress controller.
func (r *reviewer) closedToControllers(own string, to *pods, ports sets.Ports) (closed bool, unless string) {
	plain := r.NewUnion()
	for _, p := range r.workloads.list {
		if p.workload.Namespace != own {
			continue
		}
		b := r.between(p, to, ports)
		if !r.mayBeFrontEnd(p.workload) {
			plain.Add(r.With(sets.Source, p.Pods))
		} else if p.onHost() || r.passes(b, graph.Ingress, sets.PodToPod) {
			return false, ""
		}
	}
	half, whole := r.In(graph.Ingress, sets.PodToPod), r.between(&pods{Pods: r.namespace(own)}, to, ports)
	if _, answer := r.About(whole).Pass(half).NotIn(plain).Find(); answer == sets.No {
		return true, ""
	}
	if half.Rules.Covering(whole) != nil {
		return true, "its other pods are let in"
	}
	return false, "" // a selector of pods that are not in the input, which may be those of the controller
}

// mayBeFrontEnd reports whether a workload may be an ingress controller: one that is published itself, or is called like one.
func (r *reviewer) mayBeFrontEnd(w *inventory.Workload) bool {
	for _, s := range r.links.Before(w) {
		if s.Type == "LoadBalancer" || s.Type == "NodePort" {
			return true
		}
	}
	text := strings.ToLower(w.Name + " " + labels.Set(w.Labels).String())
	for _, word := range []string{"ingress", "gateway", "proxy", "nginx", "traefik", "envoy", "istio", "contour", "kong", "caddy", "router"} {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

// reportDenied reports the calls of one place.
func (r *reviewer) reportDenied(pos diag.Pos, calls []*denied, of map[*inventory.Workload]*pods) {
	d := calls[0]
	message, help := r.deniedText(d)
	finding := r.findings.Warnf(diag.DeniedCall, pos, "%s", message).WithHelp("%s", help)
	if d.unsure != "" || !isSure(d.Call) {
		finding.Severity = diag.Info
	}
	for _, half := range []struct {
		closed bool
		w      *inventory.Workload
		d      graph.Directions
	}{{d.out, d.From, graph.Egress}, {d.in, d.To, graph.Ingress}} {
		if !half.closed {
			continue
		}
		if p := r.isolating(of[half.w], half.d); p != nil {
			name, _ := field(half.d)
			finding.WithRelated(p.Key("metadata", "name"), "`%s` isolates %s for %s", p.Name, half.w, name)
		}
	}
	for _, other := range calls[1:] {
		finding.WithRelated(other.To.Pos, "the same of %s on `%s`", other.ends(), other.ports.String())
	}
}

// ends returns caller and workload as messages write them.
func (d *denied) ends() string {
	if d.Caller != evidence.Pods {
		return d.called()
	}
	return d.From.String() + " to " + d.called()
}

// called returns the workload that is called as messages write it.
func (d *denied) called() string {
	if d.Caller == evidence.Pods && d.From.Namespace != d.To.Namespace {
		return d.To.String() + " of namespace `" + d.To.Namespace + "`"
	}
	return d.To.String()
}

// deniedText returns the message and the help of a call.
func (r *reviewer) deniedText(d *denied) (message, help string) {
	ports, says := d.ports.String(), strings.Join(strings.Fields(d.Says), " ")
	besides := ""
	if d.unsure != "" {
		besides = "; " + d.unsure
	}
	switch d.Caller {
	case evidence.Anyone:
		return fmt.Sprintf("%s, and policies let nobody outside of namespace `%s` reach %s on `%s`%s", says, d.To.Namespace, d.To, ports, besides),
			"add an ingress rule for the addresses of the clients by `ipBlock`, or without `from` where everybody may come"
	case evidence.Controller, evidence.Scraper:
		who := "the ingress controller"
		if d.Caller == evidence.Scraper {
			who = "Prometheus"
		}
		return fmt.Sprintf("%s leads to %s on `%s`, and policies let nobody outside of namespace `%s` in%s", says, d.To, ports, d.To.Namespace, besides),
			fmt.Sprintf("add an ingress rule with a `namespaceSelector` for the namespace of %s", who)
	case evidence.APIServer:
		return fmt.Sprintf("the API server calls %s on `%s` (%s), and policies let no address in%s", d.To, ports, says, besides),
			"open the port to the addresses of the API server by `ipBlock`, or by a rule without `from`; no selector matches the API server"
	}
	from, to := r.peerText(d.From, d.To.Namespace), r.peerText(d.To, d.From.Namespace)
	in := fmt.Sprintf("an ingress rule for %s, port `%s`, to a policy of %s", from, ports, d.To)
	out := fmt.Sprintf("an egress rule for %s, port `%s`, to a policy of %s", to, ports, d.From)
	closed := "no ingress rule lets it in"
	switch {
	case d.out && d.in:
		closed, help = "no rule lets it out or in", "add "+out+", and "+in
	case d.out:
		closed, help = "no egress rule lets it out", "add "+out
	default:
		help = "add " + in
	}
	return fmt.Sprintf("%s calls %s on `%s` (%s), and %s", d.From, d.called(), ports, says, closed), help
}

// peerText returns the pods of a workload as a peer of a policy in a namespace, as messages write it.
func (r *reviewer) peerText(w *inventory.Workload, namespace string) string {
	by := w.Selector
	if len(by) == 0 {
		by = w.Labels
	}
	for _, k := range []string{"app.kubernetes.io/name", "app", "k8s-app", "name"} {
		one := map[string]string{k: by[k]}
		if by[k] != "" && !slices.ContainsFunc(r.byNamespace[w.Namespace], func(v *inventory.Workload) bool { return !v.Is(w) && inventory.Within(one, v.Labels) }) {
			by = one
			break
		}
	}
	text := "pods `" + labels.Set(by).String() + "`"
	if w.Namespace != namespace {
		text += " of namespace `" + w.Namespace + "`"
	}
	return text
}
