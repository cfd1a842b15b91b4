package picture

import (
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/answer"
	"github.com/npgen/npgen/gen/flows"
	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/sets"
	"github.com/npgen/npgen/gen/world"
)

// badge returns what a row is drawn as where it is no edge: the text, and whether it is at the target. The flows of DNS, to
// the API server and from Prometheus are those of nearly all pods, and hide the rest. DNS is just the ports of the servers:
// more than that, or less, is an edge.
func (s *scene) badge(r flows.Row) (text string, atTarget, is bool) {
	from, _, isPods := s.split(r.From)
	if from != "" && isPods && len(r.Names) == 0 {
		switch {
		case s.isDNS(r.ToSet, r.Ports):
			return "DNS", false, true
		case r.To == "apiserver":
			return "API server", false, true
		}
	}
	to, _, _ := s.split(r.To)
	if p := s.pod(r.From); to != "" && p != nil && isPrometheus(p) {
		return "Prometheus", true, true
	}
	return "", false, false
}

// isDNS reports whether an end is servers of DNS, with the ports that these have.
func (s *scene) isDNS(end flows.Set, ports sets.Ports) bool {
	servers := slices.Concat(world.DNSServers(), s.views[0].Cluster.DNS)
	return slices.ContainsFunc(servers, func(d world.DNSServer) bool {
		switch {
		case !ports.Equal(d.Ports()):
			return false
		case d.Pod == nil:
			return end.Addresses.Equal(sets.Address(d.Address))
		case len(end.Pods) != 1 || end.Pods[0].Namespaces == nil || end.Pods[0].Pods == nil:
			return false
		}
		namespace := rule.WithLabels(end.Pods[0].Namespaces).MatchLabels[rule.NamespaceName]
		return namespace == d.Pod.Namespace && len(d.Pod.Labels) > 0 && inventory.Within(d.Pod.Labels, rule.WithLabels(end.Pods[0].Pods).MatchLabels)
	})
}

func isPrometheus(p *world.Pod) bool {
	return p.Name == "prometheus" || p.Labels["app.kubernetes.io/name"] == "prometheus" || p.Labels["app"] == "prometheus"
}

// pin gives a node the badge of a row.
func (s *scene) pin(r flows.Row, text string, atTarget bool) {
	b := Badge{Text: text, End: r.To, Ports: answer.Ports(r)}
	at := s.end(r.From, r.FromSet, false)
	if atTarget {
		b.End, b.IsSource = r.From, true
		at = s.end(r.To, r.ToSet, true)
	}
	if s.cluster != "" {
		b.End = s.cluster + ": " + b.End
	}
	i := slices.IndexFunc(s.Badges, func(x Badge) bool { return x.Text == b.Text && x.End == b.End && x.Ports == b.Ports })
	if i < 0 {
		i = len(s.Badges)
		s.Badges = append(s.Badges, b)
	}
	if n := &s.Nodes[at]; !slices.Contains(n.Badges, i) {
		n.Badges = append(n.Badges, i)
		s.Badges[i].Nodes++
	}
}

// nameBadges sorts the badges, and adds the ports to what they are called where these are not always the same: at a
// workload that Prometheus asks it is the port that a reader looks for.
func (b *builder) nameBadges() {
	order := make([]int, len(b.Badges))
	ports := map[string]map[string]bool{}
	for i, x := range b.Badges {
		order[i] = i
		if ports[x.Text] == nil {
			ports[x.Text] = map[string]bool{}
		}
		ports[x.Text][x.Ports] = true
	}
	slices.SortFunc(order, func(i, j int) int {
		x, y := b.Badges[i], b.Badges[j]
		return strings.Compare(x.Text+"\n"+x.End+"\n"+x.Ports, y.Text+"\n"+y.End+"\n"+y.Ports)
	})
	badges, place := make([]Badge, len(order)), make([]int, len(order))
	for to, from := range order {
		badges[to], place[from] = b.Badges[from], to
		if len(ports[badges[to].Text]) > 1 || badges[to].IsSource {
			badges[to].Text += " :" + badges[to].Ports
		}
	}
	b.Badges = badges
	for i := range b.Nodes {
		for j, at := range b.Nodes[i].Badges {
			b.Nodes[i].Badges[j] = place[at]
		}
		slices.Sort(b.Nodes[i].Badges)
	}
}
