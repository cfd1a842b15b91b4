package statements

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/npgen/npgen/internal/oracle"
	"github.com/npgen/npgen/internal/oracle/random"
)

// rolloutPlan is what `npgen rollout --format json` writes.
type rolloutPlan struct {
	Steps []rolloutStep
}

type rolloutStep struct {
	Phase  int
	Apply  *networkingv1.NetworkPolicy
	Delete *deletedObject
}

type deletedObject struct{ Kind, Namespace, Name string }

// isOf reports whether the step is about an object.
func (s *rolloutStep) isOf(p *networkingv1.NetworkPolicy) bool {
	if s.Apply != nil {
		return p.Namespace == s.Apply.Namespace && p.Name == s.Apply.Name
	}
	return p.Namespace == s.Delete.Namespace && p.Name == s.Delete.Name
}

// states returns the policies after each step.
func (p rolloutPlan) states(before []networkingv1.NetworkPolicy) [][]networkingv1.NetworkPolicy {
	var out [][]networkingv1.NetworkPolicy
	now := before
	for i := range p.Steps {
		s := &p.Steps[i]
		now = slices.DeleteFunc(slices.Clone(now), func(p networkingv1.NetworkPolicy) bool { return s.isOf(&p) })
		if s.Apply != nil {
			now = append(now, *s.Apply)
		}
		out = append(out, now)
	}
	return out
}

// reversed returns the steps of each phase in the other order: steps of one phase are safe in any.
func (p rolloutPlan) reversed() rolloutPlan {
	out := rolloutPlan{slices.Clone(p.Steps)}
	slices.Reverse(out.Steps)
	slices.SortStableFunc(out.Steps, func(a, b rolloutStep) int { return a.Phase - b.Phase })
	return out
}

// harm returns what the first harmful state cuts of both sides or opens of neither, "" where none does, and whether the
// states end as the new side is.
func harm(before, after side, states [][]networkingv1.NetworkPolicy) (cuts, opens string, arrives bool, err error) {
	w, err := oracle.New(oracle.Facts{Namespaces: before.namespaces}, append([][]networkingv1.NetworkPolicy{before.policies, after.policies}, states...)...)
	if err != nil {
		return "", "", false, err
	}
	for i := range states {
		for from, to := range w.Pairs() {
			was, is, now := w.Open(0, from, to), w.Open(1, from, to), w.Open(i+2, from, to)
			if cut := was.And(is).Minus(now); cuts == "" && !cut.IsEmpty() {
				cuts = fmt.Sprintf("step %d cuts %s", i+1, w.Example(oracle.Flow{From: from, To: to, Ports: cut}))
			}
			if opened := now.Minus(was).Minus(is); opens == "" && !opened.IsEmpty() {
				opens = fmt.Sprintf("step %d opens %s", i+1, w.Example(oracle.Flow{From: from, To: to, Ports: opened}))
			}
		}
	}
	return cuts, opens, w.Same(1, max(len(states)+1, 0)), nil
}

const (
	safeSteps = "rollout: no step cuts what both sides allow or opens what neither does"
	arrived   = "rollout: the last state is the new one"
	answered  = "rollout: there is a plan, or a reason"
	noPlan    = "rollout: no plan (counted only)"
)

// judgeRollout holds a plan to the oracle.
func judgeRollout(a answer, before, after side) (made []string, found []wrong, err error) {
	if a.status == 2 && a.out == "" && a.err != "" {
		return []string{answered, noPlan}, nil, nil
	}
	var plan rolloutPlan
	if err := json.Unmarshal([]byte(a.out), &plan); err != nil || a.status != 0 {
		return []string{answered}, []wrong{{answered, fmt.Sprintf("exit status %d, %v: %s", a.status, err, a.err)}}, nil
	}
	states := plan.states(before.policies)
	states = slices.Concat(plan.reversed().states(before.policies), states)
	if len(states) == 0 {
		states = append(states, before.policies)
	}
	cuts, opens, arrives, err := harm(before, after, states)
	if err != nil {
		return nil, nil, err
	}
	for _, says := range []string{cuts, opens} {
		if says != "" {
			found = append(found, wrong{safeSteps, says + "\n" + a.out})
		}
	}
	if !arrives {
		found = append(found, wrong{arrived, a.out})
	}
	return []string{answered, safeSteps, arrived}, found, nil
}

// TestRollout holds each state of a plan between random policies to the oracle.
func TestRollout(t *testing.T) {
	first, count := seeds(t, 1500)
	x := newTally()
	ask := func(dir string, before, after *random.Cluster) ([]string, []wrong, error) {
		var paths []string
		for i, c := range []*random.Cluster{before, after} {
			text, err := c.YAML()
			if err != nil {
				return nil, nil, err
			}
			paths = append(paths, write(t, dir, []string{"before", "after"}[i]+".yaml", text))
		}
		return judgeRollout(npgen("rollout", paths[0], paths[1], "--format", "json"), sideOf(before), sideOf(after))
	}
	every(first, count, func(seed uint64) {
		dir := t.TempDir()
		before, after := rolloutPair(seed)
		made, found, err := ask(dir, before, after)
		if err != nil {
			t.Errorf("seed %d: %v", seed, err)
			return
		}
		x.makes(made...)
		x.isWrong(seed, found, func(w wrong) string {
			still := func(before, after *random.Cluster) bool {
				_, found, err := ask(dir, before, after)
				return err == nil && slices.ContainsFunc(found, func(o wrong) bool { return o.statement == w.statement })
			}
			before, after := random.Shrink(before, after, still)
			_, found, _ := ask(dir, before, after)
			return bothTexts(before, after, found)
		})
	})
	x.report(t, count)
	if refused := x.made[noPlan]; refused > count/2 {
		t.Errorf("%d of %d pairs have no plan", refused, count)
	}
}

// rolloutPair returns policies and an edited copy, of some seeds other policies among the same pods, or none at one side.
func rolloutPair(seed uint64) (before, after *random.Cluster) {
	pair := random.Pairs(seed)
	before, after = pair.Before, pair.After
	switch seed % 8 {
	case 0, 1, 2:
		other := random.Policies(seed)
		other.Namespaces, other.Pods = before.Namespaces, before.Pods
		after = other
	case 3:
		before = &random.Cluster{Namespaces: after.Namespaces, Pods: after.Pods}
	case 4:
		after = &random.Cluster{Namespaces: before.Namespaces, Pods: before.Pods}
	}
	return before, after
}

// TestNaiveRollouts holds that the oracle catches orders that people use: each cuts flows of some pairs that both sides
// allow, and opens some that neither does.
func TestNaiveRollouts(t *testing.T) {
	orders := map[string]func(deletes, applies []rolloutStep) []rolloutStep{
		"deletes, then applies": func(deletes, applies []rolloutStep) []rolloutStep { return slices.Concat(deletes, applies) },
		"applies, then deletes": func(deletes, applies []rolloutStep) []rolloutStep { return slices.Concat(applies, deletes) },
		"what denies all first": func(deletes, applies []rolloutStep) []rolloutStep {
			allows := func(s rolloutStep) bool { return len(s.Apply.Spec.Ingress)+len(s.Apply.Spec.Egress) > 0 }
			return slices.Concat(slices.DeleteFunc(slices.Clone(applies), allows),
				slices.DeleteFunc(slices.Clone(applies), func(s rolloutStep) bool { return !allows(s) }), deletes)
		},
	}
	const pairs = 120
	for name, order := range orders {
		cut, opened := 0, 0
		for seed := range uint64(pairs) {
			before, after := rolloutPair(seed)
			var deletes, applies []rolloutStep
			for i := range before.Policies {
				p := &before.Policies[i]
				if !slices.ContainsFunc(after.Policies, func(q networkingv1.NetworkPolicy) bool { return q.Namespace == p.Namespace && q.Name == p.Name }) {
					deletes = append(deletes, rolloutStep{Delete: &deletedObject{"NetworkPolicy", p.Namespace, p.Name}})
				}
			}
			for i := range after.Policies {
				applies = append(applies, rolloutStep{Apply: &after.Policies[i]})
			}
			states := rolloutPlan{order(deletes, applies)}.states(before.Policies)
			cuts, opens, _, err := harm(sideOf(before), sideOf(after), states)
			if err != nil {
				t.Fatal(err)
			}
			if cuts != "" {
				cut++
			}
			if opens != "" {
				opened++
			}
		}
		t.Logf("%s: %d of %d cut, %d open", name, cut, pairs, opened)
		if cut == 0 || opened == 0 {
			t.Errorf("%s: the oracle finds %d that cut and %d that open", name, cut, opened)
		}
	}
}
