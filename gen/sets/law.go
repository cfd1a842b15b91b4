package sets

import "slices"

// KnownNamespaces is the law of namespaces by name of which all labels are known: one of such a name has just those.
type KnownNamespaces struct {
	// byName is by side and by the name.
	byName [2]map[int32]*Box
}

// NewKnownNamespaces returns the law of namespaces and the labels of each, besides its name.
func (s *Space) NewKnownNamespaces(labels map[string]map[string]string) *KnownNamespaces {
	out := &KnownNamespaces{byName: [2]map[int32]*Box{{}, {}}}
	for name, l := range labels {
		known := s.NamespaceLabels(s.Namespace(name), l)
		for side := range out.byName {
			out.byName[side][s.value(name)] = s.With(Side(side), known)
		}
	}
	return out
}

// Broken implements Law.
func (k *KnownNamespaces) Broken(s *Space, b *Box) ([]*Box, bool) {
	var way *Box
	for side := range Destination + 1 {
		group := int(side) * perSide
		c := &s.constraints[b.of(labelOf(group, nameKey))]
		if c.but || b.exact[group] {
			continue // it may be a namespace that nothing knows; or all is known already
		}
		if len(c.values) > 1 {
			return s.eachName(b, side), true
		}
		known, ok := k.byName[side][c.values[0]]
		switch {
		case !ok:
		case way == nil:
			way = known
		default:
			way, _ = s.Intersect(way, known) // they speak of two ends
		}
	}
	if way == nil {
		return nil, false
	}
	return []*Box{way}, true
}

// oneNamespace is the law that a namespace which is at both ends has the same labels at both.
type oneNamespace struct{}

func (oneNamespace) Broken(s *Space, b *Box) ([]*Box, bool) {
	from, to := b.of(labelOf(namespaceLabels, nameKey)), b.of(labelOf(perSide+namespaceLabels, nameKey))
	both := s.and(from, to)
	if s.constraints[from].but || s.constraints[to].but || both == Nothing {
		return nil, false // the examples are of two namespaces
	}
	if _, single := s.single(from); !single {
		return s.eachName(b, Source), true
	}
	if _, single := s.single(to); !single {
		return s.eachName(b, Destination), true
	}
	if b.exact[namespaceLabels] == b.exact[perSide+namespaceLabels] &&
		slices.EqualFunc(b.group(namespaceLabels), b.group(perSide+namespaceLabels), func(x, y literal) bool {
			return x.label.key() == y.label.key() && x.constraint == y.constraint
		}) {
		return nil, false
	}
	source, destination := b.Pods(Source).WholeNamespaces(), b.Pods(Destination).WholeNamespaces()
	same := s.And(source, destination)
	if same.IsEmpty() {
		return nil, true
	}
	return []*Box{s.Flows(same, same, b.ports)}, true
}

// eachName divides the flows of a box by the names of the namespaces at one end, of which it leaves some.
func (s *Space) eachName(b *Box, side Side) []*Box {
	var ways []*Box
	for _, v := range s.constraints[b.of(labelOf(int(side)*perSide, nameKey))].values {
		name := s.intern(constraint{values: []int32{v}})
		ways = append(ways, s.With(side, Pods{literals: []literal{{labelOf(namespaceLabels, nameKey), name}}}))
	}
	return ways
}

// KnownPods is the law of pods of which all labels are known: those of some sets.
type KnownPods struct {
	// pods is by side; Mark is the place in exact, which is the same pods with the labels that are known.
	pods  [2]*Union
	exact []Pods
}

// NewKnownPods returns the law that knows no pods.
func (s *Space) NewKnownPods() *KnownPods {
	return &KnownPods{pods: [2]*Union{s.NewUnion(), s.NewUnion()}}
}

// Add adds that all pods of a set have some labels, those that the set asks for, and no others.
func (k *KnownPods) Add(s *Space, pods Pods, labels map[string]string) {
	for side, u := range k.pods {
		b := s.With(Side(side), pods)
		b.Mark = int32(len(k.exact))
		u.Add(b)
	}
	k.exact = append(k.exact, s.Labels(pods, labels))
}

// Of returns a set with all that is known of all of its pods.
func (k *KnownPods) Of(s *Space, p Pods) Pods {
	b := s.With(Source, p)
	for _, c := range k.pods[Source].Meeting(b) {
		if s.BoxWithin(b, c) {
			p = s.And(p, k.exact[c.Mark])
		}
	}
	return p
}

// Broken implements Law.
func (k *KnownPods) Broken(s *Space, b *Box) (ways []*Box, broken bool) {
	for side, u := range k.pods {
		u.containing(b, func(pods *Box) bool {
			exact := s.With(Side(side), k.exact[pods.Mark])
			if s.BoxWithin(s.With(Side(side), b.Pods(Side(side))), exact) {
				return true
			}
			broken, ways = true, append(ways, exact)
			s.leave(b, pods, func(left *Box) bool {
				ways = append(ways, left)
				return true
			})
			return false
		})
		if broken {
			return ways, true
		}
	}
	return nil, false
}

// Apart is the law that each pod is of one of some sets or of none: of the sets that have it, one lies inside of all
// others.
type Apart struct {
	// pods is by side; Mark is the place in sets.
	pods [2]*Union
	sets []Pods
	// within says whether one set lies inside of another, inside of both is which sets lie inside of two.
	within       map[[2]int32]bool
	insideOfBoth map[[2]int32][]int32
}

// NewApart returns the law that keeps sets of pods apart.
func (s *Space) NewApart(sets []Pods) *Apart {
	out := &Apart{
		pods: [2]*Union{s.NewUnion(), s.NewUnion()}, sets: sets,
		within: map[[2]int32]bool{}, insideOfBoth: map[[2]int32][]int32{},
	}
	for side, u := range out.pods {
		for i, p := range sets {
			b := s.With(Side(side), p)
			b.Mark = int32(i)
			u.Add(b)
		}
	}
	return out
}

// Broken implements Law.
func (a *Apart) Broken(s *Space, b *Box) (ways []*Box, broken bool) {
	for side := range a.pods {
		first, second := a.two(s, b, Side(side))
		if first == nil {
			continue
		}
		for _, c := range []*Box{first, second} {
			s.leave(b, c, func(left *Box) bool {
				ways = append(ways, left)
				return true
			})
		}
		for _, inside := range a.inside(s, first.Mark, second.Mark) {
			ways = append(ways, s.With(Side(side), a.sets[inside]))
		}
		return ways, true
	}
	return nil, false
}

// two returns two sets that the example of a box is in and of which neither lies inside of the other, where no set that
// it is in lies inside of both; nil where there are none.
func (a *Apart) two(s *Space, b *Box, side Side) (first, second *Box) {
	var in []*Box
	a.pods[side].containing(b, func(c *Box) bool {
		in = append(in, c)
		return true
	})
	if len(in) < 2 {
		return nil, nil
	}
	least := in[0]
	for _, c := range in[1:] {
		if a.isWithin(s, c.Mark, least.Mark) {
			least = c
		}
	}
	for _, c := range in {
		if !a.isWithin(s, least.Mark, c.Mark) {
			return least, c
		}
	}
	return nil, nil
}

func (a *Apart) isWithin(s *Space, i, j int32) bool {
	known, ok := a.within[[2]int32{i, j}]
	if !ok {
		known = s.Within(a.sets[i], a.sets[j])
		a.within[[2]int32{i, j}] = known
	}
	return known
}

// inside returns the sets that lie inside of two others.
func (a *Apart) inside(s *Space, i, j int32) []int32 {
	key := [2]int32{i, j}
	known, ok := a.insideOfBoth[key]
	if !ok {
		both := s.And(a.sets[i], a.sets[j])
		for _, c := range a.pods[Source].Meeting(s.With(Source, both)) {
			if c.Mark != i && c.Mark != j && a.isWithin(s, c.Mark, i) && a.isWithin(s, c.Mark, j) {
				known = append(known, c.Mark)
			}
		}
		a.insideOfBoth[key] = known
	}
	return known
}

// Both returns the places of two sets that the example of a box is in at one end and of which neither lies inside of the
// other; false where there are none.
func (a *Apart) Both(s *Space, b *Box, side Side) (first, second int, ok bool) {
	one, two := a.two(s, b, side)
	if one == nil {
		return 0, 0, false
	}
	return int(one.Mark), int(two.Mark), true
}
