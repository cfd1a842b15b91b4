// Package read reads NetworkPolicies of networking.k8s.io/v1, and says what they mean.
//
// In: YAML, or objects of the API. Out: valid objects with the API server's defaults, and as neutral rules. It refuses
// YAML that is not a policy, and what the API server would refuse of one.
//
// It shares nothing with what writes policies. What npgen emits is read by a strict reader of just that form, under one
// law: it gives the object that the API machinery gives (package stream), or leaves the document to that; a fuzz test holds it.
package read

import (
	"bytes"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	kjson "sigs.k8s.io/json"

	"github.com/npgen/npgen/gen/budget"
	"github.com/npgen/npgen/gen/dialect/kubernetes/stream"
)

// Policies returns the policies of a YAML stream that holds nothing else, with the defaults that the API server sets
// (networking.k8s.io/v1: NetworkPolicySpec.policyTypes, NetworkPolicyPort.protocol). They share what is equal, and are
// not to be changed. An unknown field, another kind or an object that the API server would refuse for its form is an
// error.
func Policies(stream []byte) ([]networkingv1.NetworkPolicy, error) {
	// Each has its kind in it.
	out := make([]networkingv1.NetworkPolicy, 0, bytes.Count(stream, []byte("NetworkPolicy")))
	r, v := newEmitted(), NewValidator()
	var p networkingv1.NetworkPolicy
	for number := 1; len(stream) > 0; number++ {
		behind, isEmitted := r.read(stream, &p)
		if !isEmitted {
			var doc []byte
			if doc, behind = cutDocument(stream); len(bytes.TrimSpace(doc)) == 0 {
				stream = behind
				continue
			}
			if err := readDocument(doc, &p); err != nil {
				return nil, fmt.Errorf("document %d: %w", number, err)
			}
		}
		if p.APIVersion != "networking.k8s.io/v1" || p.Kind != "NetworkPolicy" {
			return nil, fmt.Errorf("document %d: %s %s is no NetworkPolicy", number, p.APIVersion, p.Kind)
		}
		Default(&p)
		if err := v.Policy(&p); err != nil {
			return nil, fmt.Errorf("NetworkPolicy %s/%s: %w", p.Namespace, p.Name, err)
		}
		out = append(out, p)
		stream = behind
	}
	return out, nil
}

// readDocument reads one document of any form.
func readDocument(doc []byte, p *networkingv1.NetworkPolicy) error {
	*p = networkingv1.NetworkPolicy{}
	for _, d := range stream.Split(doc) {
		if err := d.Expand(&budget.Expansion{}, budget.Limits{}, "the policies"); err != nil {
			return err
		}
		content, err := d.Content()
		switch {
		case err != nil:
			return err
		case content.Twice:
			return errors.New("a key stands twice in a mapping")
		case d.Behind() || p.Kind != "":
			return errors.New("something stands behind the end of the document")
		}
		unknown, err := kjson.UnmarshalStrict(content.JSON, p)
		if err != nil {
			return err
		}
		if len(unknown) > 0 {
			return unknown[0]
		}
	}
	return nil
}

// cutDocument returns the first document of a stream, and what stands behind its marker: a marker stands at the start of
// a line and nowhere inside a value.
func cutDocument(stream []byte) (doc, behind []byte) {
	for at := 0; at < len(stream); {
		line, _, _ := bytes.Cut(stream[at:], []byte("\n"))
		next := min(at+len(line)+1, len(stream))
		if string(bytes.TrimRight(line, "\r ")) == "---" {
			return stream[:at], stream[next:]
		}
		at = next
	}
	return stream, nil
}

// Default sets what the API server sets: protocol TCP, and policyTypes Ingress, with Egress where the policy has
// egress rules.
func Default(p *networkingv1.NetworkPolicy) {
	if len(p.Spec.PolicyTypes) == 0 {
		p.Spec.PolicyTypes = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}
		if len(p.Spec.Egress) > 0 {
			p.Spec.PolicyTypes = append(p.Spec.PolicyTypes, networkingv1.PolicyTypeEgress)
		}
	}
	setProtocols := func(ports []networkingv1.NetworkPolicyPort) {
		for i := range ports {
			if ports[i].Protocol == nil {
				ports[i].Protocol = new(corev1.ProtocolTCP)
			}
		}
	}
	for i := range p.Spec.Ingress {
		setProtocols(p.Spec.Ingress[i].Ports)
	}
	for i := range p.Spec.Egress {
		setProtocols(p.Spec.Egress[i].Ports)
	}
}
