package sets

import (
	"maps"
	"slices"
)

// Declared is what packages and manifests say of namespaces and pods.
type Declared struct {
	// Known holds all labels, besides the name, of the namespaces of which they are known.
	Known map[string]map[string]string
	// Stated is those of Known that packages state as `knownLabels`; of the others there are objects.
	Stated map[string]bool
	// Named is all namespaces that somebody declares by name. Nobody states a label of those that are neither in Known nor
	// in Differing; of those in Differing, different labels are stated at different times.
	Named, Differing []string
	// Entries is the namespaces that are declared by their labels, Workloads the pods that policies can select.
	Entries   []Pods
	Workloads []DeclaredPods
}

// DeclaredPods is the pods of a workload.
type DeclaredPods struct {
	Pods Pods
	// Namespace is where they are, "" where that is by labels.
	Namespace string
	// Known is all their labels besides those of the selector; nil where they are not known.
	Known map[string]string
}

// Laws is what holds for pods and namespaces, given what is declared of them.
type Laws struct {
	// All is what holds for all that can exist.
	All      []Law
	space    *Space
	declared Declared
	pods     *KnownPods
	plain    *Plain
}

// Plain is what holds for plain pods: those that belong to one workload or to none, in namespaces that carry no label
// which nobody stated.
type Plain struct {
	Laws []Law
	// Workloads and Entries keep apart what is declared under the same names.
	Workloads, Entries *Apart
}

// NewLaws returns the laws of what is declared.
func (s *Space) NewLaws(d Declared) *Laws {
	l := &Laws{space: s, declared: d}
	if len(d.Known) > 0 {
		l.All = append(l.All, s.NewKnownNamespaces(d.Known))
	}
	for _, w := range d.Workloads {
		if w.Known == nil {
			continue
		}
		if l.pods == nil {
			l.pods = s.NewKnownPods()
			l.All = append(l.All, l.pods)
		}
		l.pods.Add(s, w.Pods, w.Known)
	}
	return l
}

// Plain returns the laws of plain pods.
func (l *Laws) Plain() *Plain {
	if l.plain != nil {
		return l.plain
	}
	stated := maps.Clone(l.declared.Known)
	if stated == nil {
		stated = map[string]map[string]string{}
	}
	for _, name := range l.declared.Named {
		if _, known := stated[name]; !known && !slices.Contains(l.declared.Differing, name) {
			stated[name] = map[string]string{}
		}
	}
	workloads := make([]Pods, len(l.declared.Workloads))
	for i := range workloads {
		workloads[i] = l.OfWorkload(i)
	}
	// What labels a namespace by name has is stated: that several entries select it takes no label which nobody stated.
	others := l.space.NotNamed(l.declared.Named)
	entries := make([]Pods, len(l.declared.Entries))
	for i, e := range l.declared.Entries {
		entries[i] = l.space.And(e, others)
	}
	p := &Plain{Workloads: l.space.NewApart(workloads), Entries: l.space.NewApart(entries)}
	p.Laws = append(slices.Clip(l.All), l.space.NewKnownNamespaces(stated), p.Workloads, p.Entries)
	l.plain = p
	return p
}

// OfWorkload returns the plain pods of a workload, by its place: of two workloads, one may select all of the other's
// where the labels of namespaces and pods are those that are known, and only there.
func (l *Laws) OfWorkload(i int) Pods {
	w := l.declared.Workloads[i]
	p := w.Pods
	if w.Namespace != "" && !slices.Contains(l.declared.Differing, w.Namespace) {
		p = l.space.NamespaceLabels(p, l.declared.Known[w.Namespace])
	}
	if l.pods != nil {
		p = l.pods.Of(l.space, p)
	}
	return p
}

// KnowsPods reports whether all labels of the pods of some workload are known.
func (l *Laws) KnowsPods() bool { return l.pods != nil }

// Contradicts reports whether the known labels of a workload leave no pod to another whose pods it selects; both are
// given by their places.
func (l *Laws) Contradicts(i, other int) bool {
	w, v := l.declared.Workloads[i], l.declared.Workloads[other]
	return w.Known != nil && l.space.Contradict(w.Pods, w.Known, v)
}

// Contradict reports whether known labels of pods leave none to a workload whose pods they all are.
func (s *Space) Contradict(pods Pods, known map[string]string, w DeclaredPods) bool {
	if !s.Within(w.Pods, pods) {
		return false
	}
	mine := w.Pods
	if w.Known != nil {
		mine = s.Labels(mine, w.Known)
	}
	return !s.Meet(mine, s.Labels(pods, known))
}

// RestsOn returns which `knownLabels` a flow does not fit: those of namespaces by name, and of workloads by their places. An
// answer that is another one without the law of them rests on them.
func (l *Laws) RestsOn(w Witness) (namespaces []string, workloads []int) {
	for _, e := range []End{w.From, w.To} {
		if e.Address.IsValid() {
			continue
		}
		if l.declared.Stated[e.Namespace] && !maps.Equal(l.declared.Known[e.Namespace], e.NamespaceLabels) {
			namespaces = append(namespaces, e.Namespace)
		}
		pod := l.space.Labels(l.space.NamespaceLabels(l.space.Namespace(e.Namespace), e.NamespaceLabels), e.Labels)
		for i, d := range l.declared.Workloads {
			if d.Known != nil && l.space.Within(pod, d.Pods) && !l.space.Meet(pod, l.space.Labels(d.Pods, d.Known)) {
				workloads = append(workloads, i)
			}
		}
	}
	return namespaces, workloads
}

// Shown returns what holds by objects alone, without the `knownLabels` of packages, and whether there are any.
func (l *Laws) Shown() (laws []Law, isStated bool) {
	if !l.KnowsPods() && len(l.declared.Stated) == 0 {
		return l.All, false
	}
	shown := maps.Clone(l.declared.Known)
	maps.DeleteFunc(shown, func(name string, _ map[string]string) bool { return l.declared.Stated[name] })
	if len(shown) == 0 {
		return nil, true
	}
	return []Law{l.space.NewKnownNamespaces(shown)}, true
}
