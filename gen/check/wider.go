package check

import (
	"cmp"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/graph"
)

// wider returns for each workload the others of its namespace whose selector also selects its pods, by name: those with
// the labels that its selector asks for and `knownLabels` gives, and no others. Only workloads that share a label are
// compared.
func (h *halves) wider() map[*graph.Workload][]*graph.Workload {
	out := map[*graph.Workload][]*graph.Workload{}
	var index labelIndex
	for _, n := range h.graph.Namespaces {
		index.fill(n.Workloads)
		for _, w := range n.Workloads {
			for _, candidate := range index.candidates(w) {
				if candidate != w && h.alsoSelects(candidate, w) {
					out[w] = append(out[w], candidate)
				}
			}
		}
	}
	return out
}

// alsoSelects reports whether a workload's selector selects some of the pods that another most likely has.
func (h *halves) alsoSelects(wide, narrow *graph.Workload) bool {
	if len(wide.Selector.MatchExpressions)+len(narrow.Selector.MatchExpressions)+len(narrow.KnownLabels) > 0 {
		return h.Meet(h.Labels(h.workload(narrow), narrow.KnownLabels), h.workload(wide))
	}
	for key, value := range wide.Selector.MatchLabels { // most are so; it takes no sets
		if theirs, known := narrow.Selector.MatchLabels[key]; !known || theirs != value {
			return false
		}
	}
	return true
}

// labelIndex holds workloads by the rarest of their labels, and apart those that only expressions select.
type labelIndex struct {
	labelled []labelled
	others   []*graph.Workload
	// found is room for candidates.
	found []*graph.Workload
}

// labelled is a workload and a label that its selector asks for.
type labelled struct {
	key, value string
	workload   *graph.Workload
}

func (l labelled) compare(key, value string) int {
	return cmp.Or(strings.Compare(l.key, key), strings.Compare(l.value, value))
}

// fill makes the index of the workloads of a namespace.
func (x *labelIndex) fill(workloads []*graph.Workload) {
	x.labelled, x.others = x.labelled[:0], x.others[:0]
	for _, w := range workloads {
		for k, v := range w.Selector.MatchLabels {
			x.labelled = append(x.labelled, labelled{k, v, w})
		}
		if len(w.Selector.MatchLabels) == 0 {
			x.others = append(x.others, w)
		}
	}
	slices.SortFunc(x.labelled, func(a, b labelled) int { return a.compare(b.key, b.value) })
	if len(x.labelled)+len(x.others) > len(workloads) {
		x.keepRarest(workloads)
	}
}

// keepRarest leaves each workload under the label that the fewest ask for, of several the first.
func (x *labelIndex) keepRarest(workloads []*graph.Workload) {
	rarest, fewest := make([]labelled, len(workloads)), make([]int, len(workloads))
	for rest := x.labelled; len(rest) > 0; {
		same := sameLabel(rest)
		for _, l := range same {
			if at := l.workload.Place(); rarest[at].workload == nil || len(same) < fewest[at] {
				rarest[at], fewest[at] = l, len(same)
			}
		}
		rest = rest[len(same):]
	}
	x.labelled = slices.DeleteFunc(x.labelled, func(l labelled) bool { return rarest[l.workload.Place()] != l })
}

// sameLabel returns the first of sorted workloads, those of one label.
func sameLabel(sorted []labelled) []labelled {
	n := 1
	for n < len(sorted) && sorted[n].compare(sorted[0].key, sorted[0].value) == 0 {
		n++
	}
	return sorted[:n]
}

// candidates returns the workloads that could also select w's pods, until the next call.
func (x *labelIndex) candidates(w *graph.Workload) []*graph.Workload {
	out := append(x.found[:0], x.others...)
	for k, v := range w.Selector.MatchLabels {
		out = x.append(out, k, v)
	}
	for k, v := range w.KnownLabels {
		out = x.append(out, k, v)
	}
	for _, e := range w.Selector.MatchExpressions {
		if e.Operator == metav1.LabelSelectorOpIn {
			for _, v := range e.Values {
				out = x.append(out, e.Key, v)
			}
			continue
		}
		at, _ := slices.BinarySearchFunc(x.labelled, e.Key, func(l labelled, key string) int { return strings.Compare(l.key, key) })
		for ; at < len(x.labelled) && x.labelled[at].key == e.Key; at++ {
			out = append(out, x.labelled[at].workload)
		}
	}
	slices.SortFunc(out, func(a, b *graph.Workload) int { return cmp.Compare(a.Place(), b.Place()) })
	x.found = out
	return slices.Compact(out)
}

// append appends the workloads that are held under a label.
func (x *labelIndex) append(out []*graph.Workload, key, value string) []*graph.Workload {
	at, _ := slices.BinarySearchFunc(x.labelled, 0, func(l labelled, _ int) int { return l.compare(key, value) })
	for ; at < len(x.labelled) && x.labelled[at].compare(key, value) == 0; at++ {
		out = append(out, x.labelled[at].workload)
	}
	return out
}
