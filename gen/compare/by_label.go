package compare

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/sets"
)

// byLabel is workloads of the manifests, and by label, so that a selector is not held against each of them. A nil
// byLabel has none.
type byLabel struct {
	all    []*inventory.Workload
	labels map[[2]string][]*inventory.Workload
}

func newByLabel(workloads []*inventory.Workload) *byLabel {
	out := &byLabel{all: workloads, labels: map[[2]string][]*inventory.Workload{}}
	for _, w := range workloads {
		for k, v := range w.Labels {
			out.labels[[2]string{k, v}] = append(out.labels[[2]string{k, v}], w)
		}
	}
	return out
}

// index sorts what place has found by label.
func (c *checker) index() {
	c.podsByLabel = make(map[*graph.Namespace]*byLabel, len(c.pods))
	for n, pods := range c.pods {
		c.podsByLabel[n] = newByLabel(pods)
	}
	c.namelessByLabel, c.adriftByLabel = newByLabel(c.nameless), newByLabel(c.adrift)
	c.everythingByLabel = newByLabel(c.inv.Workloads)
}

// selected returns the workloads whose pods a selector selects, in their order.
func (b *byLabel) selected(s metav1.LabelSelector) []*inventory.Workload {
	if b == nil {
		return nil
	}
	candidates := b.all
	for k, v := range s.MatchLabels {
		if having := b.labels[[2]string{k, v}]; len(having) < len(candidates) {
			candidates = having
		}
	}
	var out []*inventory.Workload
	for _, w := range candidates {
		if inventory.Within(s.MatchLabels, w.Labels) && (len(s.MatchExpressions) == 0 || sets.Matches(s, w.Labels)) {
			out = append(out, w)
		}
	}
	return out
}
