package review

import (
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/sets"
)

// isAWS reports whether the input shows the VPC CNI of AWS with its network policies on.
func (r *reviewer) isAWS() bool {
	return slices.ContainsFunc(r.inv.Workloads, func(w *inventory.Workload) bool {
		return w.Kind == "DaemonSet" && w.Name == "aws-node" && slices.ContainsFunc(w.Texts, func(t inventory.Text) bool {
			return strings.TrimLeft(t.Key, "-") == "enable-network-policy" && t.Value == "true" || strings.Contains(t.Value, "enable-network-policy=true")
		})
	})
}

// awsServices finds egress to pods behind a Service that the VPC CNI of AWS does not open: it sees the Service, and opens
// those of which the selector has what the peer selects by, on the ports that the rule names (schema/cni.cue).
func (r *reviewer) awsServices(x *writtenRule) {
	if x.Direction != graph.Egress || !r.isAWS() {
		return
	}
	for i, peer := range x.Peers {
		if peer.IPBlock != nil || rule.SelectsAll(peer.PodSelector) {
			continue
		}
		for _, p := range r.peersOf(x, peer) {
			if p.workload == nil || p.onHost() {
				continue
			}
			for _, s := range r.links.Before(p.workload) {
				if s.Headless || r.awsSelector(x, i, s) || r.awsPorts(x, p, s) {
					continue
				}
			}
		}
	}
}

func (r *reviewer) awsSelector(x *writtenRule, i int, s *inventory.Service) bool {
	peer := x.Peers[i]
	if sets.Matches(*peer.PodSelector, s.Selector) {
		return false
	}
	r.findings.Warnf(diag.CNIDiffers, x.Key(x.peerPath(i, "podSelector")...), "the VPC CNI of AWS opens Service `%s` only to what selects by labels of its selector, and %s is more", s.Name, selectorText(peer.PodSelector)).
		WithHelp("select by the labels of the Service, or give the Service the others too").WithRelated(s.Pos, "Service `%s`", s.Name)
	return true
}

func (r *reviewer) awsPorts(x *writtenRule, p *pods, s *inventory.Service) bool {
	for j, item := range x.Ports {
		protocol, port, ok := number(item)
		if !ok {
			continue
		}
		for _, sp := range s.Ports {
			target, known := sp.TargetAt(p.workload)
			if !known || target.Protocol != protocol || target.Number != port || sp.Number == port {
				continue
			}
			r.findings.Warnf(diag.CNIDiffers, x.Value(x.path("ports", j, "port")...), "Service `%s` has the port `%d` for `%d`, and the VPC CNI of AWS needs them equal", s.Name, sp.Number, port).
				WithHelp("give the Service the port of the pods, `port: %d`, and call it there", port).WithRelated(s.Pos, "Service `%s`", s.Name)
			return true
		}
	}
	return false
}
