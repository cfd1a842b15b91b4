// Package write writes CiliumNetworkPolicy objects of cilium.io/v2 as YAML.
//
// In: objects of types of its own, which have just what npgen says, in the order of the stream. Out: bytes. It refuses
// objects that do not say what they are, and those that Cilium would not enforce: without a rule, or with too many ports
// in one entry.
//
// It shares nothing with what reads the bytes back for the proof.
package write

import (
	"fmt"
	"slices"

	"sigs.k8s.io/yaml"
)

// Stream renders policies, in the order given, as one YAML stream with `---` between the documents; no policies are an
// empty stream.
func Stream(policies []Policy) ([]byte, error) { return StreamBehind("", policies) }

// StreamBehind is as Stream, with a text before it.
func StreamBehind(head string, policies []Policy) ([]byte, error) {
	out := []byte(head)
	for i := range policies {
		if i > 0 {
			out = append(out, "---\n"...)
		}
		if err := policies[i].check(); err != nil {
			return nil, err
		}
		doc, err := yaml.Marshal(&policies[i])
		if err != nil {
			return nil, fmt.Errorf("policy `%s/%s`: %w", policies[i].Metadata.Namespace, policies[i].Metadata.Name, err)
		}
		out = append(out, doc...)
	}
	return out, nil
}

// WithoutNamespace returns policies that do not say their namespace.
func WithoutNamespace(policies []Policy) []Policy {
	out := slices.Clone(policies)
	for i := range out {
		out[i].Metadata.Namespace = ""
	}
	return out
}

// IsDefaultDeny reports whether the policy opens nothing.
func (p *Policy) IsDefaultDeny() bool {
	return !slices.ContainsFunc(p.Spec.Ingress, func(r Ingress) bool { return !r.isEmpty() }) &&
		!slices.ContainsFunc(p.Spec.Egress, func(r Egress) bool { return !r.isEmpty() })
}

func (r *Ingress) isEmpty() bool {
	return len(r.FromEndpoints)+len(r.FromCIDRSet)+len(r.FromEntities)+len(r.ToPorts) == 0
}

func (r *Egress) isEmpty() bool {
	return len(r.ToEndpoints)+len(r.ToCIDRSet)+len(r.ToEntities)+len(r.ToFQDNs)+len(r.ToPorts) == 0
}

func (p *Policy) check() error {
	name := p.Metadata.Namespace + "/" + p.Metadata.Name
	if p.APIVersion != APIVersion || p.Kind != Kind {
		return fmt.Errorf("policy `%s` says apiVersion `%s` and kind `%s`, want `%s` and `%s`", name, p.APIVersion, p.Kind, APIVersion, Kind)
	}
	if len(p.Spec.Ingress)+len(p.Spec.Egress) == 0 {
		return fmt.Errorf("policy `%s` has no rule, so that Cilium would refuse it and enforce nothing", name)
	}
	var all []Ports
	for _, r := range p.Spec.Ingress {
		all = append(all, r.ToPorts...)
	}
	for _, r := range p.Spec.Egress {
		all = append(all, r.ToPorts...)
	}
	if slices.ContainsFunc(all, func(e Ports) bool { return len(e.Ports) == 0 || len(e.Ports) > MostPorts }) {
		return fmt.Errorf("policy `%s` has an entry of ports that Cilium refuses", name)
	}
	return nil
}
