package evidence

import (
	"strings"

	"github.com/npgen/npgen/gen/inventory"
)

// environments is the environment of each container, by its place in the pod.
type environments map[int]map[string]*variable

// variable is a variable of the environment, whose value is expanded once somebody asks for it.
type variable struct {
	value              string
	started, completed bool
}

// ownOrdinal stands behind the name of a StatefulSet for its own pods' names.
const ownOrdinal = "-0"

// longest is how long an expanded value may be.
const longest = 1 << 16

// environments returns what the containers of a workload have in their environment. What the pod's own fields give is
// there where the manifest shows it.
func (f *Finder) environments(w *inventory.Workload) environments {
	out := environments{}
	set := func(t inventory.Text) {
		if out[t.Container] == nil {
			out[t.Container] = map[string]*variable{}
		}
		switch t.Field {
		case "metadata.name":
			t.Value = w.Name + ownOrdinal
		case "metadata.namespace":
			t.Value = w.Namespace
		}
		out[t.Container][t.Key] = &variable{value: t.Value}
	}
	for _, use := range w.Uses {
		if !use.Environment {
			continue
		}
		for _, c := range f.configsOf(w, use) {
			for _, t := range use.Of(c) {
				set(t)
			}
		}
	}
	for _, t := range w.Texts {
		if t.Environment {
			set(t)
		}
	}
	return out
}

// expand replaces `$(NAME)` as the kubelet does in values of the environment and in command lines; `$$` is a dollar. An
// unknown name stays as it is, and so does one that stands in itself.
func (e environments) expand(container int, value string) string {
	if !strings.Contains(value, "$(") {
		return value
	}
	var b strings.Builder
	for value != "" && b.Len() < longest {
		i := strings.IndexByte(value, '$')
		if i < 0 || i+1 == len(value) {
			break
		}
		b.WriteString(value[:i])
		value = value[i:]
		end := strings.IndexByte(value, ')')
		var v *variable
		if value[1] == '(' && end > 0 {
			v = e[container][value[2:end]]
		}
		switch {
		case v != nil && (v.completed || !v.started):
			b.WriteString(e.valueOf(container, v))
			value = value[end+1:]
		case value[1] == '$':
			b.WriteByte('$')
			value = value[2:]
		default:
			b.WriteByte('$')
			value = value[1:]
		}
	}
	return b.String() + value
}

func (e environments) valueOf(container int, v *variable) string {
	if !v.completed {
		v.started = true
		v.value = e.expand(container, v.value)
		v.completed = true
	}
	return v.value
}
