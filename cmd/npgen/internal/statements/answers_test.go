package statements

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// policiesOf builds a package; legal is false where npgen refuses it.
func (x *talk) policiesOf(t testing.TB, dir string) (s side, path string, legal bool, err error) {
	path = write(t, dir, "policy.cue", x.source())
	a := npgen("build", "-q", path)
	if a.status != 0 {
		return s, path, false, nil
	}
	s.policies, err = emitted(a.out)
	s.namespaces = x.facts().Namespaces
	return s, path, err == nil, err
}

// edited returns a package with a change that somebody makes: an edge more or less, another selector of a workload or
// of a namespace, another isolation.
func edited(x *talk, seed uint64) *talk {
	y := *x
	y.fields, y.edges = slices.Clone(x.fields), slices.Clone(x.edges)
	g := &talkGenerator{rand.New(rand.NewPCG(seed, 22)), &y, language{}}
	for range 1 + g.IntN(2) {
		switch g.IntN(5) {
		case 0:
			y.edges = append(y.edges, g.edge())
		case 1:
			if len(y.edges) > 1 {
				y.edges = without(y.edges, g.IntN(len(y.edges)))
			}
		case 2:
			at := g.IntN(len(y.edges))
			y.edges[at] = g.edge()
		default:
			at := g.IntN(len(y.fields))
			for _, change := range [][2]string{
				{`{"tenant":"gold"}`, `{}`},
				{`"values":["gold"]`, `"values":["gold","silver"]`},
				{`"tier":"x"`, `"tier":"y"`},
				{`,"tier":"y"`, ``},
				{`"operator":"Exists"`, `"operator":"DoesNotExist"`},
				{`isolate: "both"`, `isolate: "ingress"`},
				{`deny: "namespace"`, `deny: "workload"`},
				{`"old"`, `"new"`},
				{`: {}`, `: {labels: {"app": "web", "tier": "x"}}`},
				{`"In"`, `"NotIn"`},
			} {
				if strings.Contains(y.fields[at], change[0]) {
					y.fields[at] = strings.Replace(y.fields[at], change[0], change[1], 1)
					break
				}
			}
		}
	}
	return &y
}

// ofPackages tries each seed's package with a function that says false where npgen refuses it.
func ofPackages(t *testing.T, held func(x *talk, seed uint64, dir string) ([]string, []wrong, bool, error)) {
	t.Helper()
	knows := languageOf(t, t.TempDir())
	t.Logf("packages are with %+v", knows)
	packages[*talk]{
		count: 1500, legal: 5, held: held, smaller: (*talk).smaller,
		random: func(seed uint64) *talk {
			p := randomTalk(seed, knows)
			p.asked = nil
			return p
		},
		source: func(p *talk) string { return p.source() },
		more: func(p *talk, seed uint64) string {
			return "\nand the edited package is:\n" + edited(p, seed).source()
		},
	}.hold(t)
}

// TestListOfPackages holds list to all flows that the policies of a package allow.
func TestListOfPackages(t *testing.T) {
	ofPackages(t, func(x *talk, _ uint64, dir string) ([]string, []wrong, bool, error) {
		s, path, legal, err := x.policiesOf(t, dir)
		if !legal {
			return nil, nil, false, err
		}
		made, found, err := judgeList(npgen("list", path, "--format", "json"), s)
		return made, found, true, err
	})
}

// TestDiffOfPackages holds diff to what opens and closes between the policies of two packages.
func TestDiffOfPackages(t *testing.T) {
	ofPackages(t, func(x *talk, seed uint64, dir string) ([]string, []wrong, bool, error) {
		before, old, legal, err := x.policiesOf(t, dir+"/before")
		if !legal {
			return nil, nil, false, err
		}
		after, new, legal, err := edited(x, seed).policiesOf(t, dir+"/after")
		if !legal {
			return nil, nil, false, err
		}
		if !maps.EqualFunc(before.namespaces, after.namespaces, maps.Equal) {
			return nil, nil, false, nil // the oracle has one world, in which a namespace has one set of labels
		}
		made, found, err := judgeDiff(npgen("diff", old, new, "--format", "json"), before, after)
		return made, found, true, err
	})
}
