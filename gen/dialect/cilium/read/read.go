// Package read reads CiliumNetworkPolicies and CiliumClusterwideNetworkPolicies of cilium.io/v2, and says what they mean.
//
// In: YAML. Out: objects with every field of the CRD, and what they mean as pods, addresses, entities and hosts; fields
// whose meaning is not known from the policy alone are named, none is passed over. It refuses YAML that is no such
// policy, unknown fields, and what Cilium itself would refuse and leave unenforced.
//
// It shares nothing with what writes policies.
package read

import (
	"errors"
	"fmt"

	kjson "sigs.k8s.io/json"

	"github.com/npgen/npgen/gen/budget"
	"github.com/npgen/npgen/gen/dialect/kubernetes/stream"
)

// The kinds that it reads.
const (
	APIVersion      = "cilium.io/v2"
	Namespaced      = "CiliumNetworkPolicy"
	ClusterwideKind = "CiliumClusterwideNetworkPolicy"
)

// Policies returns the policies of a YAML stream that holds nothing else.
func Policies(text []byte) ([]Policy, error) {
	var out []Policy
	for number, d := range stream.Split(text) {
		if d.Refused != nil {
			return nil, fmt.Errorf("document %d: %w", number+1, d.Refused)
		}
		if err := d.Expand(&budget.Expansion{}, budget.Limits{}, "the policies"); err != nil {
			return nil, fmt.Errorf("document %d: %w", number+1, err)
		}
		content, err := d.Content()
		switch {
		case err != nil:
		case content.Twice:
			err = errors.New("a key stands twice in a mapping")
		case d.Behind():
			err = errors.New("something stands behind the end of the document")
		}
		if err != nil {
			return nil, fmt.Errorf("document %d: %w", number+1, err)
		}
		p, err := Object(content.JSON)
		if err != nil {
			return nil, fmt.Errorf("document %d: %w", number+1, err)
		}
		out = append(out, p)
	}
	return out, nil
}

// Object returns one policy, given as JSON. A field that the CRD does not have is an error: the API server drops it, or
// refuses it where it is strict.
func Object(data []byte) (Policy, error) {
	var p Policy
	unknown, err := kjson.UnmarshalStrict(data, &p)
	switch {
	case err != nil:
		return p, err
	case len(unknown) > 0:
		return p, unknown[0]
	case p.APIVersion != APIVersion || p.Kind != Namespaced && p.Kind != ClusterwideKind:
		return p, fmt.Errorf("%s %s is no policy of Cilium's", p.APIVersion, p.Kind)
	}
	return p, nil
}
