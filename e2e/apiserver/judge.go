// Package apiserver holds npgen's policies against Kubernetes' own code: the decoding, defaulting, conversion and
// validation that the API server runs before it stores a NetworkPolicy, in this process and without a server.
//
// In: YAML streams. Out: faults: an unknown or doubled field, a field that defaulting or conversion would change, an
// error or a warning of validation. It refuses an object of another kind, and a stream that it cannot read.
package apiserver

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	yamlutil "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/pkg/apis/networking"
	_ "k8s.io/kubernetes/pkg/apis/networking/install" // registers the kinds, their defaults and conversions
	"k8s.io/kubernetes/pkg/apis/networking/validation"
	"k8s.io/kubernetes/pkg/registry/networking/networkpolicy"
	"sigs.k8s.io/yaml"
)

// Judge returns the number of objects in a stream, and what an API server would say against them or do to them.
func Judge(stream []byte) (count int, faults []string) {
	docs := yamlutil.NewYAMLReader(bufio.NewReader(bytes.NewReader(stream)))
	for {
		doc, err := docs.Read()
		if errors.Is(err, io.EOF) {
			return count, faults
		}
		if err != nil {
			return count, append(faults, err.Error())
		}
		if data, err := yaml.YAMLToJSON(doc); err == nil && string(data) == "null" {
			continue // comments alone
		}
		count++
		for _, fault := range judgeObject(doc) {
			faults = append(faults, fmt.Sprintf("object %d: %s", count, fault))
		}
	}
}

func judgeObject(doc []byte) (faults []string) {
	// As a server decodes with fieldValidation=Strict.
	codecs := serializer.NewCodecFactory(legacyscheme.Scheme, serializer.EnableStrict)
	decoded, _, err := codecs.UniversalDeserializer().Decode(doc, nil, nil)
	if err != nil {
		return []string{"decoding: " + err.Error()}
	}
	policy, ok := decoded.(*networkingv1.NetworkPolicy)
	if !ok {
		return []string{fmt.Sprintf("a %T", decoded)}
	}
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Sprintf("%s/%s: ", policy.Namespace, policy.Name)+fmt.Sprintf(format, args...))
	}
	defaulted := policy.DeepCopy()
	legacyscheme.Scheme.Default(defaulted)
	if diff := cmp.Diff(policy, defaulted); diff != "" {
		fault("defaulting changes it:\n%s", diff)
	}
	internal := &networking.NetworkPolicy{}
	if err := legacyscheme.Scheme.Convert(defaulted, internal, nil); err != nil {
		fault("conversion: %v", err)
		return faults
	}
	for _, err := range validation.ValidateNetworkPolicy(internal, validation.ValidationOptionsForNetworking(internal, nil)) {
		fault("validation: %v", err)
	}
	for _, warning := range networkpolicy.Strategy.WarningsOnCreate(context.Background(), internal) {
		fault("warning: %s", warning)
	}
	if diff, err := readBack(doc, internal); diff != "" || err != nil {
		fault("read back (-wrote +reads): %v\n%s", err, diff)
	}
	if len(faults) > 0 {
		return faults // the last step would say the same again
	}
	if err := create(internal); err != nil {
		fault("create: %v", err)
	}
	return faults
}

// create takes an object all the way from a request to the store: validation, and what holds for every kind.
func create(policy *networking.NetworkPolicy) error {
	policy = policy.DeepCopy()
	rest.FillObjectMetaSystemFields(policy)
	ctx := request.WithNamespace(request.WithRequestInfo(context.Background(), &request.RequestInfo{
		APIGroup: networkingv1.GroupName, APIVersion: "v1", Resource: "networkpolicies",
	}), policy.Namespace)
	return rest.BeforeCreate(networkpolicy.Strategy, ctx, policy)
}

// readBack returns how what a client would read differs from what it wrote.
func readBack(doc []byte, stored *networking.NetworkPolicy) (string, error) {
	served := &networkingv1.NetworkPolicy{TypeMeta: metav1.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy"}}
	if err := legacyscheme.Scheme.Convert(stored, served, nil); err != nil {
		return "", err
	}
	data, err := json.Marshal(served)
	if err != nil {
		return "", err
	}
	var wrote, reads map[string]any
	if err := errors.Join(yaml.Unmarshal(doc, &wrote), json.Unmarshal(data, &reads)); err != nil {
		return "", err
	}
	return cmp.Diff(wrote, reads), nil
}
