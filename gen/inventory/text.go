package inventory

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/npgen/npgen/gen/diag"
)

// Text is a value that a container gets, and which may name somebody to call.
type Text struct {
	// Key is the name that goes with the value: of an environment variable, a flag or an entry of a ConfigMap.
	Key, Value string
	// From says where the value stands, such as "env DB_HOST".
	From string
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

// ConfigUse says that a workload's containers read a ConfigMap or Secret, all of it or the listed keys.
type ConfigUse struct {
	Kind, Name string
	Keys       []string
	// As is the environment variable that holds the one key.
	As string
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
	at := func(steps ...any) []any { return slices.Concat(path, steps) }
	for i, e := range c.Env {
		switch ref := e.ValueFrom; {
		case ref == nil:
			w.Texts = append(w.Texts, Text{e.Name, e.Value, "env " + e.Name, w.Written, at("env", i, "value")})
		case ref.ConfigMapKeyRef != nil:
			w.Uses = append(w.Uses, ConfigUse{"ConfigMap", ref.ConfigMapKeyRef.Name, []string{ref.ConfigMapKeyRef.Key}, e.Name, at("env", i)})
		case ref.SecretKeyRef != nil:
			w.Uses = append(w.Uses, ConfigUse{"Secret", ref.SecretKeyRef.Name, []string{ref.SecretKeyRef.Key}, e.Name, at("env", i)})
		}
	}
	for i, e := range c.EnvFrom {
		if e.ConfigMapRef != nil {
			w.Uses = append(w.Uses, ConfigUse{Kind: "ConfigMap", Name: e.ConfigMapRef.Name, at: at("envFrom", i)})
		}
		if e.SecretRef != nil {
			w.Uses = append(w.Uses, ConfigUse{Kind: "Secret", Name: e.SecretRef.Name, at: at("envFrom", i)})
		}
	}
	w.addArguments(c.Command, at("command"))
	w.addArguments(c.Args, at("args"))
}

// addArguments notes a command line. The value of a flag stands behind a `=`, or is the next argument.
func (w *Workload) addArguments(args []string, path []any) {
	flag := ""
	for i, arg := range args {
		t := Text{flag, arg, "args", w.Written, slices.Concat(path, []any{i})}
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

// Of returns the entries of a ConfigMap or Secret that a workload uses, each where it stands. One key that an environment
// variable holds goes by the name of the variable.
func (use ConfigUse) Of(c *Config) []Text {
	var out []Text
	for _, k := range slices.Sorted(maps.Keys(c.Data)) {
		t := Text{k, c.Data[k], fmt.Sprintf("%s %s: %s", c.Kind, c.Name, k), c.Written, []any{"data", k}}
		if use.As != "" {
			t.Key, t.From = use.As, "env "+use.As
		}
		if len(use.Keys) == 0 || slices.Contains(use.Keys, k) {
			out = append(out, t)
		}
	}
	return out
}
