package oracle

import (
	"fmt"
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// space is a namespace with its labels, or several that no selector tells apart.
type space struct {
	labels  map[string]string
	matches bitset // namespace selectors
	plain   bool
}

// podKind is pods with labels that no selector tells apart.
type podKind struct {
	labels  map[string]string
	matches bitset // pod selectors
	unfit   bitset // workloads that know of other labels
}

// makePods makes the classes of pods.
func (w *World) makePods() error {
	workloads, entries, err := w.declared()
	if err != nil {
		return err
	}
	kinds := w.podKinds()
	w.makeSpaces()
	var pods []End // one for each kind of pods in each kind of namespace
	for name, spaces := range w.spaces {
		for at := range spaces {
			for i := range kinds {
				e := End{Pod: true, Plain: spaces[at].plain, in: w.in(&spaces[at], &kinds[i]), name: name, spaces: newBits(len(spaces)), labels: map[int]map[string]string{at: kinds[i].labels}}
				e.spaces.set(at)
				if w.canExist(e.in, &kinds[i], workloads) {
					pods = append(pods, e)
				}
			}
		}
	}
	ofWorkloads, ofEntries := inclusionsOf(workloads, pods), inclusionsOf(entries, pods)
	known := map[string]int{}
	for _, e := range pods {
		e.Plain = e.Plain && ofWorkloads.hold(e.in) && (w.isKnown(e.name) || w.isNamed(e.name) || ofEntries.hold(e.in))
		key := fmt.Sprint(e.name, e.Plain, e.in.key())
		if i, found := known[key]; found {
			w.ends[i].spaces.add(e.spaces)
			maps.Copy(w.ends[i].labels, e.labels)
			continue
		}
		known[key] = len(w.ends)
		w.ends = append(w.ends, e)
	}
	return nil
}

// isKnown reports whether all labels of a namespace are known.
func (w *World) isKnown(name int) bool {
	_, known := w.facts.Namespaces[w.names[name]]
	return known && !w.isFresh(name)
}

// isNamed reports whether only the name of a namespace is stated.
func (w *World) isNamed(name int) bool { return slices.Contains(w.facts.Named, w.names[name]) }

// in returns the selections that pick pods of a kind in a namespace.
func (w *World) in(s *space, k *podKind) bitset {
	out := newBits(len(w.parts))
	for i, p := range w.parts {
		if s.matches.has(p[0]) && k.matches.has(p[1]) {
			out.set(i)
		}
	}
	return out
}

func (w *World) podKinds() []podKind {
	var out []podKind
	known := map[string]bool{}
	for _, labels := range w.selectors[1].combinations("") {
		k := podKind{labels: labels, matches: w.selectors[1].matching(labels), unfit: newBits(len(w.facts.Workloads))}
		for i := range w.facts.Known {
			if !w.fits(labels, i) {
				k.unfit.set(i)
			}
		}
		if key := fmt.Sprint(k.matches.key(), " ", k.unfit.key()); !known[key] {
			known[key] = true
			out = append(out, k)
		}
	}
	return out
}

// fits reports whether labels are those that are known of a workload and such as its selector speaks of.
func (w *World) fits(labels map[string]string, workload int) bool {
	known := w.facts.Known[workload]
	for k, want := range known {
		if v, has := labels[k]; !has || v != want {
			return false
		}
	}
	asked := (&selectors{list: []metav1.LabelSelector{w.facts.Workloads[workload].PodSelector}}).values()
	for k := range labels {
		if _, is := known[k]; !is && asked[k] == nil {
			return false
		}
	}
	return true
}

// canExist reports whether pods have the labels that are known of all workloads which select them.
func (w *World) canExist(in bitset, k *podKind, workloads []int) bool {
	for i, selection := range workloads {
		if in.has(selection) && k.unfit.has(i) {
			return false
		}
	}
	return true
}

func (w *World) makeSpaces() {
	free := w.selectors[0].combinations(NameLabel)
	for i, name := range w.names {
		candidates := free
		if w.isKnown(i) {
			candidates = []map[string]string{w.facts.Namespaces[name]}
		}
		known := map[string]bool{}
		var spaces []space
		for _, c := range candidates {
			labels := maps.Clone(c)
			if labels == nil {
				labels = map[string]string{}
			}
			labels[NameLabel] = name
			s := space{labels: labels, matches: w.selectors[0].matching(labels)}
			s.plain = w.isPlainSpace(i, &s)
			if key := fmt.Sprint(s.plain, s.matches.key()); !known[key] {
				known[key] = true
				spaces = append(spaces, s)
			}
		}
		w.spaces = append(w.spaces, spaces)
	}
}

// isPlainSpace reports whether a namespace has no labels that nobody stated.
func (w *World) isPlainSpace(name int, s *space) bool {
	return w.isKnown(name) || !w.isNamed(name) || len(s.labels) == 1
}

// declared returns the selections of workloads and of entries of namespaces.
func (w *World) declared() (workloads, entries []int, err error) {
	for _, s := range w.facts.Workloads {
		i, err := w.selection(s)
		if err != nil {
			return nil, nil, err
		}
		workloads = append(workloads, i)
	}
	for _, s := range w.facts.Entries {
		i, err := w.selection(Selection{NamespaceSelector: s})
		if err != nil {
			return nil, nil, err
		}
		entries = append(entries, i)
	}
	return workloads, entries, nil
}

// inclusions is which of some selections include which.
type inclusions struct {
	list []int
	// without holds the pairs of which some pod is in the first and not in the second.
	without map[[2]int]bool
}

// hold reports whether the selections that pick a pod are those of one: of one that all others include.
func (x inclusions) hold(in bitset) bool {
	var picking []int
	for _, a := range x.list {
		if in.has(a) {
			picking = append(picking, a)
		}
	}
	return len(picking) == 0 || slices.ContainsFunc(picking, func(a int) bool {
		return !slices.ContainsFunc(picking, func(b int) bool { return x.without[[2]int{a, b}] })
	})
}

// inclusionsOf looks at pods of namespaces that have no labels which nobody stated.
func inclusionsOf(list []int, pods []End) inclusions {
	without := map[[2]int]bool{}
	seen := map[string]bool{}
	for i := range pods {
		in := pods[i].in
		if !pods[i].Plain || seen[in.key()] {
			continue
		}
		seen[in.key()] = true
		for _, a := range list {
			for _, b := range list {
				if in.has(a) && !in.has(b) {
					without[[2]int{a, b}] = true
				}
			}
		}
	}
	return inclusions{list, without}
}
