package inventory

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	corev1 "k8s.io/api/core/v1"

	"github.com/npgen/npgen/gen/diag"
)

// Text is a value that a container gets, and which may name somebody to call.
type Text struct {
	// Key is the name that goes with the value: of an environment variable, a flag or an entry of a ConfigMap.
	Key, Value string
	// From says where the value stands, such as "env DB_HOST".
	From string
	// Container is that which gets the value, by its place in the pod, from 1; 0 is any of them.
	Container int
	// Environment is set for a variable of the container's environment.
	Environment bool
	// Field is the field of the pod that gives the value, which the manifest does not show.
	Field string
	// in is the object that holds the value, path where it stands there.
	in   Written
	path []any
}

// Pos returns where the value stands. Values of a long text all stand where that does.
func (t Text) Pos() diag.Pos { return t.in.Value(t.path...) }

// Config is a ConfigMap or a Secret.
type Config struct {
	Kind, Namespace, Name string
	Data                  map[string]string
	Written
}

// Entry returns the key of the ConfigMap or Secret under which the value stands there.
func (t Text) Entry() string {
	key, _ := t.path[len(t.path)-1].(string)
	return key
}

// Line returns where a line of the value stands, from 0. Only a block of YAML (`|`) has its lines in lines of the file.
func (t Text) Line(n int) diag.Pos {
	pos := t.Pos()
	if _, value, _ := t.in.find(t.path); value != nil && value.Style == yaml.LiteralStyle && pos.Line > 0 {
		pos.Line, pos.Col = pos.Line+1+n, 0
	}
	return pos
}

// ConfigUse says that a workload's containers read a ConfigMap or Secret, all of it or the listed keys.
type ConfigUse struct {
	Kind, Name string
	Keys       []string
	// As is the environment variable that holds the one key.
	As string
	// Container is that which reads it, as in a Text; Environment is set where its entries are variables there.
	Container   int
	Environment bool
	// at is where the workload says so.
	at []any
}

// config reads a ConfigMap or Secret. Of a Secret too only the names of Services in it are of interest.
func (r *reader) config(o *object, m *meta) (string, error) {
	var v struct {
		Data       map[string]string `json:"data"`
		StringData map[string]string `json:"stringData"`
	}
	if err := o.decode(&v); err != nil {
		return "", err
	}
	c := &Config{Kind: o.Kind, Namespace: m.Namespace, Name: m.Name, Data: v.Data, Written: o.Written}
	if o.Kind == "Secret" {
		c.Data = map[string]string{}
		for k, x := range v.Data {
			if plain, err := base64.StdEncoding.DecodeString(x); err == nil {
				c.Data[k] = string(plain)
			}
		}
		maps.Copy(c.Data, v.StringData)
	}
	r.inv.Configs = append(r.inv.Configs, c)
	return "", nil
}

// addTexts notes what a container is told by its environment and its command line; path is where the container stands.
func (w *Workload) addTexts(c corev1.Container, path []any) {
	w.containers++
	at := func(steps ...any) []any { return slices.Concat(path, steps) }
	use := func(kind, name, as string, at []any, keys ...string) {
		w.Uses = append(w.Uses, ConfigUse{Kind: kind, Name: name, Keys: keys, As: as, Container: w.containers, Environment: true, at: at})
	}
	for i, e := range c.Env {
		t := Text{Key: e.Name, Value: e.Value, From: "env " + e.Name, Container: w.containers, Environment: true, in: w.Written, path: at("env", i, "value")}
		switch ref := e.ValueFrom; {
		case ref == nil:
			w.Texts = append(w.Texts, t)
		case ref.FieldRef != nil:
			t.Field = ref.FieldRef.FieldPath
			w.Texts = append(w.Texts, t)
		case ref.ConfigMapKeyRef != nil:
			use("ConfigMap", ref.ConfigMapKeyRef.Name, e.Name, at("env", i), ref.ConfigMapKeyRef.Key)
		case ref.SecretKeyRef != nil:
			use("Secret", ref.SecretKeyRef.Name, e.Name, at("env", i), ref.SecretKeyRef.Key)
		}
	}
	for i, e := range c.EnvFrom {
		if e.ConfigMapRef != nil {
			use("ConfigMap", e.ConfigMapRef.Name, "", at("envFrom", i))
		}
		if e.SecretRef != nil {
			use("Secret", e.SecretRef.Name, "", at("envFrom", i))
		}
	}
	w.addArguments(c.Command, at("command"))
	w.addArguments(c.Args, at("args"))
}

// addArguments notes a command line. The value of a flag stands behind a `=`, or is the next argument.
func (w *Workload) addArguments(args []string, path []any) {
	flag := ""
	for i, arg := range args {
		t := Text{Key: flag, Value: arg, From: "args", Container: w.containers, in: w.Written, path: slices.Concat(path, []any{i})}
		flag = ""
		if strings.HasPrefix(arg, "-") {
			name, value, assigned := strings.Cut(arg, "=")
			t.Key, t.Value, t.From = name, value, "arg "+flagName(name)
			if !assigned {
				t.Key, t.Value, flag = "", arg, arg
			}
		}
		w.Texts = append(w.Texts, t)
	}
}

// flagName returns the flag at the start of an argument; what follows may be a secret, which no comment should repeat.
func flagName(arg string) string {
	end := strings.IndexFunc(arg, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-._", r)
	})
	if end >= 0 {
		arg = arg[:end]
	}
	return arg
}

// addVolumes notes the ConfigMaps and Secrets that containers may mount; path is where the volumes stand.
func (w *Workload) addVolumes(volumes []corev1.Volume, path []any) {
	for i, v := range volumes {
		add := func(kind, name string, items []corev1.KeyToPath) {
			use := ConfigUse{Kind: kind, Name: name, at: slices.Concat(path, []any{i})}
			for _, item := range items {
				use.Keys = append(use.Keys, item.Key)
			}
			w.Uses = append(w.Uses, use)
		}
		if v.ConfigMap != nil {
			add("ConfigMap", v.ConfigMap.Name, v.ConfigMap.Items)
		}
		if v.Secret != nil {
			add("Secret", v.Secret.SecretName, v.Secret.Items)
		}
		if v.Projected == nil {
			continue
		}
		for _, p := range v.Projected.Sources {
			if p.ConfigMap != nil {
				add("ConfigMap", p.ConfigMap.Name, p.ConfigMap.Items)
			}
			if p.Secret != nil {
				add("Secret", p.Secret.Name, p.Secret.Items)
			}
		}
	}
}

// field returns the field of the object that holds an entry.
func (c *Config) field(key string) string {
	if c.Kind == "Secret" && c.Has("stringData", key) {
		return "stringData"
	}
	return "data"
}

// Of returns the entries of a ConfigMap or Secret that a workload uses, each where it stands. One key that an environment
// variable holds goes by the name of the variable.
func (use ConfigUse) Of(c *Config) []Text {
	var out []Text
	for _, k := range slices.Sorted(maps.Keys(c.Data)) {
		t := Text{
			Key: k, Value: c.Data[k], From: fmt.Sprintf("%s %s: %s", c.Kind, c.Name, k),
			Container: use.Container, Environment: use.Environment, in: c.Written, path: []any{c.field(k), k},
		}
		if use.As != "" {
			t.Key, t.From = use.As, "env "+use.As
		}
		if len(use.Keys) == 0 || slices.Contains(use.Keys, k) {
			out = append(out, t)
		}
	}
	return out
}
