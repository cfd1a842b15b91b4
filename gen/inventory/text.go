package inventory

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// text is a value that a container gets, and which may name a Service.
type text struct {
	// key is the name that goes with the value: of an environment variable, a flag or an entry of a ConfigMap.
	key, value string
	// from says where the value stands, such as "env DB_HOST".
	from string
}

// config is a ConfigMap, or a Secret.
type config struct {
	kind, namespace, name string
	data                  map[string]string
}

// configUse says that a workload's containers read a ConfigMap or Secret, all of it or the listed keys.
type configUse struct {
	kind, name string
	keys       []string
	// as is the environment variable that holds the one key.
	as string
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
	c := &config{kind: o.Kind, namespace: m.Namespace, name: m.Name, data: v.Data}
	if o.Kind == "Secret" {
		c.data = map[string]string{}
		for k, x := range v.Data {
			if plain, err := base64.StdEncoding.DecodeString(x); err == nil {
				c.data[k] = string(plain)
			}
		}
		maps.Copy(c.data, v.StringData)
	}
	r.inv.configs = append(r.inv.configs, c)
	return "", nil
}

// addTexts notes what a container is told by its environment and its command line.
func (w *Workload) addTexts(c corev1.Container) {
	for _, e := range c.Env {
		switch ref := e.ValueFrom; {
		case ref == nil:
			w.texts = append(w.texts, text{e.Name, e.Value, "env " + e.Name})
		case ref.ConfigMapKeyRef != nil:
			w.uses = append(w.uses, configUse{"ConfigMap", ref.ConfigMapKeyRef.Name, []string{ref.ConfigMapKeyRef.Key}, e.Name})
		case ref.SecretKeyRef != nil:
			w.uses = append(w.uses, configUse{"Secret", ref.SecretKeyRef.Name, []string{ref.SecretKeyRef.Key}, e.Name})
		}
	}
	for _, e := range c.EnvFrom {
		if e.ConfigMapRef != nil {
			w.uses = append(w.uses, configUse{kind: "ConfigMap", name: e.ConfigMapRef.Name})
		}
		if e.SecretRef != nil {
			w.uses = append(w.uses, configUse{kind: "Secret", name: e.SecretRef.Name})
		}
	}
	w.addArguments(append(slices.Clone(c.Command), c.Args...))
}

// addArguments notes a command line. The value of a flag stands behind a `=`, or is the next argument.
func (w *Workload) addArguments(args []string) {
	flag := ""
	for _, arg := range args {
		t := text{flag, arg, "args"}
		flag = ""
		if strings.HasPrefix(arg, "-") {
			name, value, assigned := strings.Cut(arg, "=")
			t = text{name, value, "arg " + flagName(name)}
			if !assigned {
				t.key, t.value, flag = "", arg, arg
			}
		}
		w.texts = append(w.texts, t)
	}
}

// flagName returns the flag at the start of an argument; what follows may be a secret, which no comment should repeat.
func flagName(arg string) string {
	i := 0
	for i < len(arg) && isHostByte(arg[i]) {
		i++
	}
	return arg[:i]
}

func (w *Workload) addVolumes(volumes []corev1.Volume) {
	add := func(kind, name string, items []corev1.KeyToPath) {
		use := configUse{kind: kind, name: name}
		for _, i := range items {
			use.keys = append(use.keys, i.Key)
		}
		w.uses = append(w.uses, use)
	}
	for _, v := range volumes {
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

// allTexts returns what the workload's containers are told, what they read of ConfigMaps and Secrets included.
func (f *finder) allTexts(w *Workload) []text {
	out := slices.Clone(w.texts)
	for _, use := range w.uses {
		for _, c := range f.configs[use.name] {
			if c.kind == use.kind && c.namespace == w.Namespace {
				out = append(out, c.texts(use)...)
			}
		}
	}
	return out
}

// texts returns the entries that a workload uses.
func (c *config) texts(use configUse) []text {
	var out []text
	for _, k := range slices.Sorted(maps.Keys(c.data)) {
		t := text{k, c.data[k], fmt.Sprintf("%s %s: %s", c.kind, c.name, k)}
		if use.as != "" {
			t.key, t.from = use.as, "env "+use.as
		}
		if len(use.keys) == 0 || slices.Contains(use.keys, k) {
			out = append(out, t)
		}
	}
	return out
}
