package world

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/rule"
)

// OtherPolicy is a policy of another dialect, and how it is written.
type OtherPolicy struct {
	rule.Policy
	inventory.Written
	// counted is what it is where it is not counted.
	counted inventory.NotCounted
}

// OthersOf returns the policies of other dialects that manifests have, and what is not counted. Of two of one name the one
// that is applied last is there. Home is the namespace of objects that name none.
func OthersOf(inv *inventory.Inventory, home string) (others []OtherPolicy, notCounted []inventory.NotCounted) {
	for _, n := range inv.NotCounted {
		if n.Means == nil {
			n.Namespace = cmp.Or(n.Namespace, home)
			notCounted = append(notCounted, n)
			continue
		}
		policies, parts := n.Means(home)
		isThere := func(o OtherPolicy) bool {
			return o.Kind == n.Kind && o.Policy.Namespace == n.Namespace && o.Name == n.Name
		}
		for _, p := range policies {
			n.Namespace = p.Namespace
		}
		others = slices.DeleteFunc(others, isThere)
		for _, p := range policies {
			others = append(others, OtherPolicy{Policy: p, Written: n.Written, counted: n})
		}
		if len(parts) > 0 {
			n.Reason = "it leaves out " + strings.Join(parts, "; ")
			notCounted = append(notCounted, n)
		}
	}
	return others, notCounted
}

// RulePos returns where a rule stands.
func (o *OtherPolicy) RulePos(r *rule.Rule) diag.Pos {
	return o.Value("spec", FieldOf(&o.Policy, r), r.Index)
}

// FieldOf returns the field that a rule stands in.
func FieldOf(p *rule.Policy, r *rule.Rule) string {
	if p.Tier == rule.Main && r.Action == rule.Deny {
		return r.Direction.String() + "Deny"
	}
	return r.Direction.String()
}

// Package returns the name of the package that a build made the policy of, "" for one that somebody wrote.
func (o *OtherPolicy) Package() string {
	var v struct {
		Metadata struct {
			Labels map[string]string `json:"labels"`
		} `json:"metadata"`
	}
	if json.Unmarshal(o.counted.Text, &v) != nil {
		return ""
	}
	return v.Metadata.Labels[packageLabel]
}

// InNoOrder returns the policy as one of which the order is not counted, and that of what besides.
func (o *OtherPolicy) InNoOrder(reason, what string) inventory.NotCounted {
	out := o.counted
	out.Reason, out.Text, out.Order = reason, append(slices.Clip(out.Text), what...), true
	return out
}

// WithoutOthers returns the cluster with the policies of other dialects not counted, for those who know NetworkPolicies alone.
func (c Cluster) WithoutOthers() Cluster {
	c.NotCounted = slices.DeleteFunc(slices.Clone(c.NotCounted), func(n inventory.NotCounted) bool { return n.Means != nil })
	for _, o := range c.Others {
		c.NotCounted = append(c.NotCounted, o.counted)
	}
	c.Others = nil
	return c
}
