package judges

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/cilium/cilium/pkg/k8s/apis/cilium.io/client"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structural "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/objectmeta"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"sigs.k8s.io/yaml"
)

// definition is the API server's own check of objects by a CustomResourceDefinition: fields that the schema does not have,
// which a strict server refuses and another drops, and values that it does not take.
type definition struct {
	schema    *structural.Structural
	validator validation.SchemaValidator
	rules     *cel.Validator
}

func ciliumDefinition(t *testing.T) *definition {
	t.Helper()
	crd := client.GetPregeneratedCRD(slog.New(slog.DiscardHandler), client.CNPCRDName)
	internal := &apiextensions.CustomResourceValidation{}
	if err := apiextensionsv1.Convert_v1_CustomResourceValidation_To_apiextensions_CustomResourceValidation(crd.Spec.Versions[0].Schema, internal, nil); err != nil {
		t.Fatal(err)
	}
	d := &definition{}
	var err error
	if d.schema, err = structural.NewStructural(internal.OpenAPIV3Schema); err != nil {
		t.Fatal(err)
	}
	if d.validator, _, err = validation.NewSchemaValidator(internal.OpenAPIV3Schema); err != nil {
		t.Fatal(err)
	}
	d.rules = cel.NewValidator(d.schema, true, celconfig.PerCallLimit)
	return d
}

// faults returns what a strict API server would say against an object.
func (d *definition) faults(doc []byte) []string {
	var object map[string]any
	if err := yaml.UnmarshalStrict(doc, &object); err != nil {
		return []string{err.Error()}
	}
	var out []string
	for _, path := range pruning.PruneWithOptions(object, d.schema, true, structural.UnknownFieldPathOptions{TrackUnknownFieldPaths: true}) {
		out = append(out, "unknown field "+path)
	}
	for _, err := range objectmeta.Validate(nil, object, d.schema, true) {
		out = append(out, err.Error())
	}
	for _, err := range validation.ValidateCustomResource(nil, object, d.validator) {
		out = append(out, err.Error())
	}
	if d.rules != nil {
		errs, _ := d.rules.Validate(context.Background(), nil, d.schema, object, nil, celconfig.RuntimeCELCostBudget)
		for _, err := range errs {
			out = append(out, err.Error())
		}
	}
	return out
}

// streamFaults does so for each document of a stream.
func (d *definition) streamFaults(stream []byte) (objects int, faults []string) {
	for _, doc := range splitDocuments(stream) {
		if strings.TrimSpace(string(doc)) == "" {
			continue
		}
		objects++
		for _, fault := range d.faults(doc) {
			faults = append(faults, fmt.Sprintf("%s in\n%s", fault, doc))
		}
	}
	return objects, faults
}

// TestCiliumDefinition sees that the check can say no.
func TestCiliumDefinition(t *testing.T) {
	d := ciliumDefinition(t)
	const good = `{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy, metadata: {name: a, namespace: b}, spec: {endpointSelector: {}, ingress: [{toPorts: [{ports: [{port: "80", protocol: TCP}]}]}]}}`
	if faults := d.faults([]byte(good)); len(faults) > 0 {
		t.Error(faults)
	}
	for from, to := range map[string]string{
		`port: "80"`: `port: 80`, "toPorts": "toPort", "protocol: TCP": "protocol: XYZ", "endpointSelector: {}, ": "", "[{toPorts": "{toPorts",
		`ports: [{port: "80", protocol: TCP}]`: "ports: [" + strings.Repeat(`{port: "80", protocol: TCP}, `, 41) + "]",
	} {
		if bad := strings.Replace(good, from, to, 1); len(d.faults([]byte(bad))) == 0 {
			t.Errorf("nothing is said of %s", bad)
		}
	}
}
