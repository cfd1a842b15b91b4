package gen

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/npgen/npgen/gen/world"
	networkingv1 "k8s.io/api/networking/v1"
)

// Pair is one cluster on both sides of a comparison.
type Pair struct {
	// Name is "" where no package names the cluster.
	Name          string
	Before, After world.Cluster
	// OldSide and NewSide are the two as they were read; nil is a side that has nothing of the cluster.
	OldSide, NewSide *Named
	// Old and New are the policies of the two as they are written.
	Old, New []networkingv1.NetworkPolicy
	// Absent are the sides, as the user wrote them, that have nothing of the cluster.
	Absent []string
}

// Pairs returns what is to be compared with what: clusters of the same name, those that one side does not have with
// nothing, and else the one of each side.
func Pairs(a, b Side) ([]Pair, error) {
	before, after := a.byName(), b.byName()
	if len(before) == 1 && len(after) == 1 {
		from, to := a.Clusters[0], b.Clusters[0]
		if from.Name == to.Name || from.Name == "" || to.Name == "" || a.path != b.path {
			return []Pair{{Name: pairName(from.Name, to.Name), Before: from.Cluster, After: to.Cluster, OldSide: &from, NewSide: &to, Old: from.Objects, New: to.Objects}}, nil
		}
	}
	_, unnamedBefore := before[""]
	_, unnamedAfter := after[""]
	if (unnamedBefore || unnamedAfter) && len(before)+len(after) > 2 {
		return nil, fmt.Errorf("one side names clusters and the other none: pick the one to compare with `--cluster`")
	}
	names := maps.Clone(before)
	maps.Copy(names, after)
	var out []Pair
	for _, name := range slices.Sorted(maps.Keys(names)) {
		p := Pair{Name: name, Before: a.nothing, After: b.nothing}
		for _, side := range []struct {
			*Side
			has     map[string]Named
			at      *world.Cluster
			as      **Named
			objects *[]networkingv1.NetworkPolicy
		}{{&a, before, &p.Before, &p.OldSide, &p.Old}, {&b, after, &p.After, &p.NewSide, &p.New}} {
			if c, ok := side.has[name]; ok {
				*side.at, *side.as, *side.objects = c.Cluster, &c, c.Objects
			} else {
				p.Absent = append(p.Absent, side.Name)
			}
		}
		out = append(out, p)
	}
	return out, nil
}

// pairName returns the name of what is compared: of two clusters, both.
func pairName(before, after string) string {
	switch {
	case before == after || after == "":
		return before
	case before == "":
		return after
	}
	return before + ", " + after
}

func (s *Side) byName() map[string]Named {
	out := map[string]Named{}
	for _, c := range s.Clusters {
		out[c.Name] = c
	}
	return out
}

// rename gives namespaces of the side other names.
func (s *Side) rename(to world.Renaming) error {
	if len(to) > 0 && len(s.Clusters) > 1 {
		return errors.New("namespaces are those of one cluster: pick it with `--cluster`")
	}
	for i := range s.Clusters {
		var err error
		if s.Clusters[i].Cluster, err = s.Clusters[i].Renamed(to); err != nil {
			return err
		}
	}
	return nil
}

// named refuses a cluster that neither side has.
func named(cluster string, sides ...Side) error {
	for _, s := range sides {
		if _, ok := s.byName()[cluster]; ok || cluster == "" {
			return nil
		}
	}
	return fmt.Errorf("no side has packages of cluster `%s`", cluster)
}
