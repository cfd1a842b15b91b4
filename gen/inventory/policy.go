package inventory

import (
	"encoding/json"
	"errors"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"

	"github.com/npgen/npgen/gen/diag"
)

// Policy is a NetworkPolicy as written, without the API server's defaults.
type Policy struct {
	networkingv1.NetworkPolicy
	Pos diag.Pos
}

// policy reads a NetworkPolicy strictly: a misspelt field would change what it means. The field `status`, which older
// API servers add, is passed over.
func (r *reader) policy(o *object, m *meta) (int, string, error) {
	var fields map[string]any
	if line, err := o.decode(&fields); err != nil {
		return line, "", err
	}
	delete(fields, "status")
	data, err := json.Marshal(fields)
	if err != nil {
		return 0, "", err
	}
	p := &Policy{Pos: o.pos}
	if err := yaml.UnmarshalStrict(data, &p.NetworkPolicy); err != nil {
		return 0, "", errors.New(strings.TrimPrefix(err.Error(), "error unmarshaling JSON: while decoding JSON: json: "))
	}
	p.ObjectMeta = m.ObjectMeta
	r.inv.Policies = append(r.inv.Policies, p)
	return 0, "", nil
}
