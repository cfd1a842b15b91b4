package answer

import (
	"bytes"
	"cmp"
	"fmt"
	"strings"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/flows"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/rule"
)

// Description is policies in words: for each, the questions that a reviewer asks.
type Description struct {
	// Cluster is the one that every line and policy names; "" is none.
	Cluster  string        `json:"-"`
	Policies []PolicyWords `json:"policies"`
}

// PolicyWords is one policy in words.
type PolicyWords struct {
	Cluster string `json:"cluster,omitempty"`
	Policy  string `json:"policy"`
	Pos     string `json:"pos"`
	// Subject is which pods it selects, and Selects those of them that are declared.
	Subject string      `json:"subject"`
	Selects []string    `json:"selects"`
	Rules   []RuleWords `json:"rules"`
	// DNS is whether its pods need DNS and may ask it, by any policy.
	DNS string `json:"dns"`
	// Types is what policyTypes mean.
	Types string `json:"types"`
	// Ignored is what Kubernetes ignores in it.
	Ignored []string `json:"ignored"`
}

// RuleWords is one rule in words.
type RuleWords struct {
	Pos string `json:"pos"`
	// Action is what a rule of another dialect does: accept, deny or pass.
	Action string `json:"action,omitempty"`
	Text   string `json:"text"`
	// Peers is the declared pods that it speaks of.
	Peers []string `json:"peers"`
}

// Describe puts every policy into words.
func Describe(inquiry *flows.Inquiry) Description {
	in := explainer{inquiry}
	out := Description{Policies: []PolicyWords{}}
	for i := range in.Cluster.Policies {
		out.Policies = append(out.Policies, in.policyWords(i))
	}
	for i := range in.Cluster.Others {
		out.Policies = append(out.Policies, in.otherWords(i))
	}
	return out
}

func (in explainer) policyWords(index int) PolicyWords {
	p := &in.Cluster.Policies[index]
	out := PolicyWords{
		Policy: p.Namespace + "/" + p.Name, Pos: in.Place(index).Policy().String(),
		Subject: subjectWords(p), Selects: notNil(in.Evaluator.Select(index)), Rules: []RuleWords{}, Ignored: []string{},
	}
	rules, isolates := in.Evaluator.Rules(index)
	for _, r := range rules {
		out.Rules = append(out.Rules, RuleWords{
			Pos:   in.Place(index).Rule(r.Direction, r.Rule).String(),
			Text:  fmt.Sprintf("%s %s %s, on %s", r.Direction, preposition(r.Direction), in.ruleWords(r), in.portWords(r)),
			Peers: notNil(in.Evaluator.Peers(r)),
		})
	}
	out.Types = in.typeWords(index, rules, isolates)
	for _, d := range []graph.Directions{graph.Egress, graph.Ingress} {
		if n := ignored(p, d); n > 0 {
			out.Ignored = append(out.Ignored, fmt.Sprintf("%s, as policyTypes does not name %s", counted(n, d.String()+" rule"), map[graph.Directions]string{graph.Ingress: "Ingress", graph.Egress: "Egress"}[d]))
		}
	}
	out.DNS = in.dnsWords(index)
	return out
}

// ignored counts the rules of a direction that Kubernetes ignores.
func ignored(p *rule.Policy, d graph.Directions) int {
	n := 0
	for _, r := range p.Ignored {
		if r.Direction == d {
			n++
		}
	}
	return n
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// typeWords says what the policy closes and what it leaves alone.
func (in explainer) typeWords(index int, rules []flows.RuleRef, isolates graph.Directions) string {
	count := map[graph.Directions]int{}
	for _, r := range rules {
		count[r.Direction]++
	}
	var parts []string
	for _, d := range graph.AllDirections() {
		switch {
		case !isolates.Has(d):
			parts = append(parts, d.String()+" is left as it is")
		case count[d] == 0:
			parts = append(parts, d.String()+" is denied, but for what other policies allow")
		default:
			parts = append(parts, d.String()+" is denied, but for these rules and what other policies allow")
		}
	}
	out := strings.Join(parts, "; ")
	if w := in.Place(index).Written(); w != nil && len(w.Spec.PolicyTypes) == 0 {
		out += "; policyTypes is not written, and Kubernetes takes " + isolates.String() + " from the rules"
	}
	return out
}

func (in explainer) dnsWords(index int) string {
	dns := in.Evaluator.AskDNS(index)
	if !dns.Needed {
		return "not touched: egress is left as it is"
	}
	var by []string
	for _, r := range dns.By {
		by = append(by, in.ruleName(r))
	}
	if len(by) > mostNear {
		by = append(by[:mostNear], fmt.Sprintf("%d more rules", len(by)-mostNear))
	}
	switch {
	case len(dns.Partly)+len(dns.Denied) == 0:
		return "allowed, by " + strings.Join(by, ", ")
	case len(dns.Allowed)+len(dns.Partly) == 0:
		return "not allowed by any policy: these pods can only use addresses"
	}
	var parts []string
	if len(dns.Allowed) > 0 {
		parts = append(parts, "allowed for "+few(dns.Allowed)+", by "+strings.Join(by, ", "))
	}
	if len(dns.Partly) > 0 {
		parts = append(parts, "over one of UDP and TCP only for "+few(dns.Partly)+", and DNS needs both")
	}
	if len(dns.Denied) > 0 {
		parts = append(parts, "not allowed for "+few(dns.Denied))
	}
	return strings.Join(parts, "; ")
}

// few returns the first names of a list.
func few(names []string) string {
	if len(names) <= mostPairs {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:mostPairs-1], ", "), len(names)-mostPairs+1)
}

// text returns the description for people.
func (d Description) text(page Page) string {
	var b bytes.Buffer
	for i, p := range d.Policies {
		if i > 0 {
			b.WriteString("\n")
		}
		p.text(&b, page)
	}
	if len(d.Policies) == 0 {
		b.WriteString("no policies: everything is open\n")
	}
	return b.String()
}

func (p PolicyWords) text(b *bytes.Buffer, page Page) {
	page.paintf(b, diag.Bold, "%s  %s", p.Policy, p.Pos)
	selects := "nothing that is declared"
	if len(p.Selects) > 0 {
		selects = few(p.Selects)
	}
	printf(b, "  protects  %s: %s", p.Subject, selects)
	for _, r := range p.Rules {
		text := r.Text
		if len(r.Peers) > 0 {
			text += " (" + few(r.Peers) + ")"
		}
		verb := map[string]string{"accept": "accepts", "deny": "denies", "pass": "passes"}[r.Action]
		printf(b, "  %-10s%s", cmp.Or(verb, "allows"), text)
		if r.Pos != "" {
			printf(b, "            %s", r.Pos)
		}
	}
	if p.DNS != "" {
		printf(b, "  dns       %s", p.DNS)
	}
	printf(b, "  types     %s", p.Types)
	for _, n := range p.Ignored {
		printf(b, "  ignored   %s", n)
	}
}
