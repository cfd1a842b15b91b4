package stream

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	kjson "sigs.k8s.io/json"
)

// Object is an object of a document, as kubectl gives it to the API server.
type Object struct {
	// Item is the place among the items of a list, from 0, or -1 for the document itself.
	Item             int
	APIVersion, Kind string
	// JSON is the object; in the items of a list kind and apiVersion may be left to the list.
	JSON []byte
}

// head is what kubectl tells objects from lists by.
type head struct {
	APIVersion any             `json:"apiVersion"`
	Kind       any             `json:"kind"`
	Items      json.RawMessage `json:"items"`
}

// Objects returns the objects of a document: the items of a list, or the document itself. What has a field `items` is a
// list to kubectl, whatever its kind. An error is a list of which kubectl applies nothing, or may apply nothing: one that
// holds a list or what is no object, or one of a kind that not every cluster has.
func Objects(data []byte) ([]Object, error) { return objects(data, isList) }

// FunctionObjects is as Objects, for the list that a KRM function is given, of which kubectl knows nothing.
func FunctionObjects(data []byte) ([]Object, error) {
	return objects(data, func(o Object) bool {
		return o.Kind == "ResourceList" && strings.HasPrefix(o.APIVersion, "config.kubernetes.io/")
	})
}

func objects(data []byte, isList func(Object) bool) ([]Object, error) {
	var h head
	if len(data) == 0 || data[0] != '{' {
		return nil, errNoObject(data)
	}
	if err := kjson.UnmarshalCaseSensitivePreserveInts(data, &h); err != nil {
		return nil, err
	}
	o := Object{Item: -1, APIVersion: text(h.APIVersion), Kind: text(h.Kind), JSON: data}
	if h.Items == nil {
		return []Object{o}, nil
	}
	return items(o, h.Items, isList(o))
}

// errNoObject returns the error of a document that is none, or nil where it has nothing that could be meant as one.
func errNoObject(data []byte) error {
	var list []json.RawMessage
	if json.Unmarshal(data, &list) != nil {
		return nil
	}
	for _, item := range list {
		var h head
		if kjson.UnmarshalCaseSensitivePreserveInts(item, &h) == nil && text(h.Kind) != "" {
			return errors.New("a list is no object, and kubectl refuses it; write `kind: List` with `items`, or the objects one behind the other")
		}
	}
	return nil
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

func items(list Object, data []byte, ofAll bool) ([]Object, error) {
	var all []json.RawMessage
	if err := json.Unmarshal(data, &all); err != nil {
		return nil, fmt.Errorf("`items` is no list: %w", err)
	}
	if list.Kind == "" || list.APIVersion == "" {
		return nil, errors.New("a list needs `kind` and `apiVersion`")
	}
	out := make([]Object, 0, len(all))
	sameKind := strings.HasSuffix(list.Kind, "List")
	for i, data := range all {
		var h head
		if len(data) == 0 || data[0] != '{' {
			return nil, fmt.Errorf("item %d of the list is no object, and kubectl applies nothing of the list", i+1)
		}
		if err := kjson.UnmarshalCaseSensitivePreserveInts(data, &h); err != nil {
			return nil, err
		}
		if len(h.Items) > 0 && h.Items[0] == '[' {
			return nil, fmt.Errorf("item %d of the list is a list again, and kubectl applies nothing of it; write its items beside the others", i+1)
		}
		o := Object{Item: i, APIVersion: text(h.APIVersion), Kind: text(h.Kind), JSON: data}
		if o.Kind == "" && o.APIVersion == "" {
			o.Kind, o.APIVersion = strings.TrimSuffix(list.Kind, "List"), list.APIVersion
		}
		sameKind = sameKind && o.Kind+"List" == list.Kind && o.APIVersion == list.APIVersion
		out = append(out, o)
	}
	if !sameKind && !ofAll {
		return nil, fmt.Errorf("`kind: %s` with `items` is a list to kubectl where the cluster has that kind in `%s`, and else refused; write `kind: List` and `apiVersion: v1`", list.Kind, list.APIVersion)
	}
	return out, nil
}

// isList reports whether every cluster has a list for objects of any kind: List, which each version of a group has.
func isList(o Object) bool {
	switch o.APIVersion {
	case "v1", "apps/v1", "batch/v1", "networking.k8s.io/v1", "policy/v1", "rbac.authorization.k8s.io/v1":
		return o.Kind == "List"
	}
	return false
}
