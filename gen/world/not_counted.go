package world

import (
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/rule"
)

// NotCountedIn returns what is not counted and could change an answer about pods of some namespaces.
func (c Cluster) NotCountedIn(namespaces ...string) []inventory.NotCounted {
	var out []inventory.NotCounted
	for _, n := range c.NotCounted {
		if n.Everywhere || slices.Contains(namespaces, n.Namespace) || slices.Contains(namespaces, Other) {
			out = append(out, n)
		}
	}
	return out
}

// NotCompared returns what is not counted and could change what a comparison says: what one side alone has, and what lies
// where the policies of the sides differ.
func NotCompared(before, after Cluster) []inventory.NotCounted {
	out := append(without(after.NotCounted, before.NotCounted), without(before.NotCounted, after.NotCounted)...)
	changed := changedNamespaces(before, after)
	for _, n := range after.NotCounted {
		isThere := slices.ContainsFunc(out, func(o inventory.NotCounted) bool { return o.Pos == n.Pos && o.Reason == n.Reason })
		if !isThere && (n.Everywhere && len(changed) > 0 || changed[n.Namespace]) {
			out = append(out, n)
		}
	}
	return out
}

// without returns what others have not, byte for byte.
func without(all, others []inventory.NotCounted) []inventory.NotCounted {
	there := map[string]int{}
	for _, n := range others {
		there[n.Namespace+"\n"+string(n.Text)]++
	}
	var out []inventory.NotCounted
	for _, n := range all {
		key := n.Namespace + "\n" + string(n.Text)
		if there[key]--; there[key] < 0 {
			out = append(out, n)
		}
	}
	return out
}

// changedNamespaces returns the namespaces whose policies are not the same, whatever their names and order.
func changedNamespaces(before, after Cluster) map[string]bool {
	if len(after.NotCounted) == 0 {
		return nil
	}
	if a, b := otherTexts(before.Others), otherTexts(after.Others); !slices.Equal(a, b) {
		all := map[string]bool{"": true}
		for _, n := range after.NotCounted {
			all[n.Namespace] = true
		}
		return all // nobody knows which namespaces they reach
	}
	a, b := policyTexts(before.Policies), policyTexts(after.Policies)
	changed := map[string]bool{}
	for namespace, texts := range a {
		changed[namespace] = !slices.Equal(texts, b[namespace])
	}
	for namespace := range b {
		changed[namespace] = changed[namespace] || a[namespace] == nil
	}
	for namespace, is := range changed {
		if !is {
			delete(changed, namespace)
		}
	}
	return changed
}

// policyTexts returns what policies say, by namespace.
func policyTexts(policies []rule.Policy) map[string][]string {
	out := map[string][]string{}
	for i := range policies {
		p := &policies[i]
		var rules []string
		for _, r := range p.Rules {
			rules = append(rules, ruleText(&r))
		}
		slices.Sort(rules)
		text := fmt.Sprintf("%s isolates %d\n%s", selectorText(p.Subject), p.Isolates, strings.Join(slices.Compact(rules), "\n"))
		out[p.Namespace] = append(out[p.Namespace], text)
	}
	for namespace := range out {
		slices.Sort(out[namespace])
		out[namespace] = slices.Compact(out[namespace])
	}
	return out
}

// otherTexts returns what policies of other dialects say.
func otherTexts(policies []OtherPolicy) []string {
	var out []string
	for i := range policies {
		p := &policies[i].Policy
		text := fmt.Sprintf("%s %s %d %s %s %d", p, p.Tier, p.Priority, selectorText(p.Namespaces), selectorText(p.Subject), p.Isolates)
		for j := range p.Rules {
			text += fmt.Sprintf("\n%s %t ", p.Rules[j].Action, p.Rules[j].Nobody) + ruleText(&p.Rules[j])
		}
		out = append(out, text)
	}
	slices.Sort(out)
	return out
}

func ruleText(r *rule.Rule) string {
	var peers []string
	for _, p := range r.Peers {
		text := selectorText(p.Namespaces) + " " + selectorText(p.Pods)
		if p.Block != nil {
			text = p.Block.Addresses.Text()
		}
		peers = append(peers, text)
	}
	slices.Sort(peers)
	return fmt.Sprintf("%d %s %v: %s", r.Direction, r.Ports, r.Named, strings.Join(peers, ", "))
}

func selectorText(s *metav1.LabelSelector) string {
	if s == nil {
		return "nil"
	}
	return "{" + rule.NormalForm(s) + "}"
}
