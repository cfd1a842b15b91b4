package rollout

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/npgen/npgen/gen/dialect/kubernetes/read"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/sets"
)

// planner makes steps. It looks at one subject at a time, and at what all policies of larger subjects open for it.
type planner struct {
	space    *sets.Space
	subjects map[subjectKey]*subject
	tracks   []*track
	// height is the greatest of all subjects.
	height int
	// standIns says that an object whose podSelector changes has one beside it; else it changes in one step.
	standIns bool
	// reselects says that there is such an object.
	reselects bool
	// last is steps after those of the tracks.
	last []timed
}

// side is old or new.
type side int

const (
	old side = iota
	new_
	sides
)

type subjectKey struct{ namespace, pods string }

// subject is pods that policies select.
type subject struct {
	pods   sets.Pods
	tracks []*track
	// within is the subjects of which it is a part, itself among them; height is how many lie inside of each other in it.
	within []*subject
	height int
}

// track is one object on its way, with one subject.
type track struct {
	name    name
	subject *subject
	// objects and policies are nil on a side that has none.
	objects  [sides]*networkingv1.NetworkPolicy
	policies [sides]*rule.Policy
	atoms    [sides]map[graph.Directions][]atom
	// first is what it opens once all is narrowed, by direction.
	first map[graph.Directions][]atom
	// changes is what becomes of a direction, in order of time.
	changes []change
	// fixed says that the steps of the track are made elsewhere.
	fixed bool
}

// moment orders steps: those of one moment are safe in any order.
type moment struct{ stage, part int }

func (m moment) compare(o moment) int {
	return cmp.Or(cmp.Compare(m.stage, o.stage), cmp.Compare(m.part, o.part))
}

// The stages of a way.
const (
	narrow = iota
	leave
	widen
	release
	replace
	clear
)

// change is what an object opens in a direction from a moment on.
type change struct {
	at        moment
	direction graph.Directions
	isolates  bool
	atoms     []atom
	// final says that this is what the new object opens.
	final   bool
	purpose Purpose
}

type timed struct {
	at moment
	Step
}

// newPlanner reads both sides.
func newPlanner(before, after Side, standIns bool) (*planner, error) {
	p := &planner{space: sets.NewSpace(), subjects: map[subjectKey]*subject{}, standIns: standIns}
	objects := [sides]map[name]networkingv1.NetworkPolicy{byName(before.Objects), byName(after.Objects)}
	names := map[name]bool{}
	for _, side := range objects {
		for n := range side {
			names[n] = true
		}
	}
	for _, n := range slices.SortedFunc(maps.Keys(names), func(a, b name) int {
		return cmp.Or(cmp.Compare(a.namespace, b.namespace), cmp.Compare(a.name, b.name))
	}) {
		var pair [sides]*networkingv1.NetworkPolicy
		for s := range pair {
			if o, there := objects[s][n]; there {
				pair[s] = &o
			}
		}
		was, is := pair[old], pair[new_]
		if was == nil || is == nil || rule.NormalForm(&was.Spec.PodSelector) == rule.NormalForm(&is.Spec.PodSelector) {
			p.track(n, pair)
			continue
		}
		p.reselects = true
		p.reselect(n, pair, names)
	}
	p.nest()
	return p, nil
}

// track adds an object with one subject.
func (p *planner) track(n name, pair [sides]*networkingv1.NetworkPolicy) *track {
	t := &track{name: n, objects: pair, first: map[graph.Directions][]atom{}}
	for s, o := range pair {
		if o == nil {
			continue
		}
		policy := read.Rules([]networkingv1.NetworkPolicy{*o})[0]
		t.policies[s], t.atoms[s] = &policy, map[graph.Directions][]atom{}
		for _, d := range graph.AllDirections() {
			t.atoms[s][d] = p.atoms(&policy, d)
		}
		key := subjectKey{o.Namespace, rule.NormalForm(&o.Spec.PodSelector)}
		if p.subjects[key] == nil {
			p.subjects[key] = &subject{pods: p.space.Select(p.space.Namespace(o.Namespace), &o.Spec.PodSelector)}
		}
		t.subject = p.subjects[key]
	}
	t.subject.tracks = append(t.subject.tracks, t)
	p.tracks = append(p.tracks, t)
	return t
}

// reselect adds an object whose podSelector changes: for the planner, one that goes and one that comes.
func (p *planner) reselect(n name, pair [sides]*networkingv1.NetworkPolicy, taken map[name]bool) {
	goes := p.track(n, [sides]*networkingv1.NetworkPolicy{old: pair[old]})
	if !p.standIns {
		goes.fixed = true
		p.track(n, [sides]*networkingv1.NetworkPolicy{new_: pair[new_]}).fixed = true
		p.last = append(p.last, timed{moment{leave, 0}, Step{Object: bare(pair[new_]), Purpose: Finishes}})
		return
	}
	standIn := *pair[new_].DeepCopy()
	for i := 0; taken[nameOf(&standIn)]; i++ {
		standIn.Name = fmt.Sprintf("%s-rollout%d", n.name, i)
	}
	standIn.Labels = maps.Clone(standIn.Labels)
	if standIn.Labels == nil {
		standIn.Labels = map[string]string{}
	}
	standIn.Labels[Label] = "stand-in"
	p.track(nameOf(&standIn), [sides]*networkingv1.NetworkPolicy{new_: &standIn})
	p.last = append(p.last,
		timed{moment{replace, 0}, Step{Object: bare(pair[new_]), Purpose: Finishes}},
		timed{moment{clear, 0}, Step{Deletes: true, Object: bare(&standIn), Purpose: DropsStandIn}})
}

// Label is on objects that exist only on the way.
const Label = "npgen.dev/rollout"

// nest finds which subjects lie inside of others.
func (p *planner) nest() {
	byNamespace := map[string][]*subject{}
	for key, s := range p.subjects {
		byNamespace[key.namespace] = append(byNamespace[key.namespace], s)
	}
	for _, all := range byNamespace {
		for _, s := range all {
			for _, o := range all {
				if s == o || p.space.Within(s.pods, o.pods) {
					s.within = append(s.within, o)
				}
			}
		}
		// What is a part of more lies deeper; subjects that are equal lie equally deep.
		slices.SortFunc(all, func(a, b *subject) int { return cmp.Compare(len(b.within), len(a.within)) })
		for _, s := range all {
			for _, o := range s.within {
				if len(o.within) < len(s.within) {
					o.height = max(o.height, s.height+1)
				}
			}
		}
		for _, s := range all {
			p.height = max(p.height, s.height)
		}
	}
}

// isIsolated reports whether policies of a side isolate a subject.
func (s *subject) isIsolated(at side, d graph.Directions) bool {
	for _, o := range s.within {
		for _, t := range o.tracks {
			if t.isolates(at, d) {
				return true
			}
		}
	}
	return false
}

func (t *track) isolates(at side, d graph.Directions) bool {
	return t.policies[at] != nil && t.policies[at].Isolates.Has(d)
}

// opened returns what policies of a side open for a subject.
func (s *subject) opened(at side, d graph.Directions) []atom {
	var out []atom
	for _, o := range s.within {
		for _, t := range o.tracks {
			out = append(out, t.atoms[at][d]...)
		}
	}
	return out
}

func (t *track) isChanged() bool {
	return t.objects[old] == nil || t.objects[new_] == nil || !reflect.DeepEqual(t.objects[old].Spec, t.objects[new_].Spec)
}

// steps returns the steps, in order.
func (p *planner) steps() []Step {
	for _, d := range graph.AllDirections() {
		for _, t := range p.tracks {
			if !t.isChanged() {
				t.first[d] = t.atoms[new_][d]
			}
		}
		for _, t := range p.tracks {
			if t.isChanged() && !t.fixed {
				p.plan(t, d)
			}
		}
		for _, t := range p.tracks {
			if t.isChanged() && !t.fixed {
				p.drop(t, d)
			}
		}
	}
	all := slices.Clone(p.last)
	for _, t := range p.tracks {
		if !t.fixed {
			all = append(all, t.steps()...)
		}
	}
	slices.SortStableFunc(all, func(a, b timed) int { return a.at.compare(b.at) })
	var out []Step
	for i, s := range all {
		if i == 0 {
			s.Phase = 1
		} else if s.Phase = out[i-1].Phase; s.at != all[i-1].at {
			s.Phase++
		}
		out = append(out, s.Step)
	}
	return out
}

// steps returns the steps of an object: for each moment at which something changes, what it is from then on.
func (t *track) steps() []timed {
	slices.SortStableFunc(t.changes, func(a, b change) int { return a.at.compare(b.at) })
	parts, final := map[graph.Directions][]atom{}, map[graph.Directions]bool{}
	for _, d := range graph.AllDirections() {
		if t.isolates(old, d) {
			parts[d] = t.atoms[old][d]
		}
		final[d] = !t.isolates(old, d) && !t.isolates(new_, d)
	}
	object := t.objects[new_]
	if object == nil {
		object = t.objects[old]
	}
	var out []timed
	isFinal := t.objects[old] != nil && t.objects[new_] != nil && !t.isChanged() && hasMeta(t.objects[old], t.objects[new_])
	isThere := t.objects[old] != nil
	for i, c := range t.changes {
		if c.isolates {
			parts[c.direction] = c.atoms
		} else {
			delete(parts, c.direction)
		}
		final[c.direction] = c.final
		if i+1 < len(t.changes) && t.changes[i+1].at == c.at {
			continue
		}
		step := Step{Object: emitted(object, parts), Purpose: c.purpose}
		isFinal = false
		switch {
		case len(parts) == 0 && !isThere:
			continue
		case len(parts) == 0:
			step.Deletes, step.Purpose = true, Drops
		case t.objects[new_] != nil && final[graph.Ingress] && final[graph.Egress]:
			step.Object, step.Purpose, isFinal = bare(object), Finishes, true
		}
		isThere = !step.Deletes
		out = append(out, timed{c.at, step})
	}
	if t.objects[new_] != nil && !isFinal { // what is left changes nothing, such as the order of rules, or a label
		out = append(out, timed{moment{release, 0}, Step{Object: bare(object), Purpose: Finishes}})
	}
	return out
}

// hasMeta reports whether an object has the labels and annotations of another.
func hasMeta(o, want *networkingv1.NetworkPolicy) bool {
	within := func(some, all map[string]string) bool {
		for k, v := range some {
			if w, there := all[k]; k != lastApplied && (!there || v != w) {
				return false
			}
		}
		return true
	}
	return within(want.Labels, o.Labels) && within(want.Annotations, o.Annotations)
}
