package kubectl

import (
	"slices"
	"strings"
)

// Fields is fields of an object. An empty one is no field; the zero value keeps nothing.
type Fields struct {
	below map[string]*Fields
	// all keeps the whole value; some, of a list of texts, those that it wants.
	all  bool
	some func(string) bool
	// text says what of a text is kept.
	text func(string) string
	// named, of a list of objects, is the names of those that are kept.
	named []string
}

// All keeps everything, but what kubectl and servers note of an object in itself.
func All() Fields { return Fields{all: true} }

// Paths returns the fields of paths as `spec.containers.image`: a list on the way is every item of it, `*` every key of a
// map. Keys of labels and annotations stand in brackets at the end, as `metadata.annotations[a.example.com/b]`.
func Paths(paths ...string) Fields {
	var out Fields
	for _, p := range paths {
		out.at(p).all = true
	}
	return out
}

// Texts adds a list of texts, of which only those are kept that a function wants.
func (f Fields) Texts(path string, wanted func(string) bool) Fields {
	f.at(path).some = wanted
	return f
}

// Named adds a list of objects, of which only those of some names are kept.
func (f Fields) Named(path string, names ...string) Fields {
	at := f.at(path)
	at.all, at.named = true, names
	return f
}

// Text adds a text, of which a function says what is kept.
func (f Fields) Text(path string, kept func(string) string) Fields {
	f.at(path).text = kept
	return f
}

// at returns the fields below a path, made where there are none.
func (f *Fields) at(path string) *Fields {
	path, key, _ := strings.Cut(strings.TrimSuffix(path, "]"), "[")
	steps := strings.Split(path, ".")
	if key != "" {
		steps = append(steps, key)
	}
	for _, step := range steps {
		if f.below == nil {
			f.below = map[string]*Fields{}
		}
		if f.below[step] == nil {
			f.below[step] = &Fields{}
		}
		f = f.below[step]
	}
	return f
}

// object returns an object with its fields alone, and kind and version.
func (f Fields) object(v any) any {
	object, ok := v.(map[string]any)
	if !ok {
		return v
	}
	out, _ := f.kept(v).(map[string]any)
	if out == nil {
		out = map[string]any{}
	}
	for _, key := range []string{"apiVersion", "kind"} {
		if text, is := object[key].(string); is {
			out[key] = text
		}
	}
	if meta, is := out["metadata"].(map[string]any); is {
		delete(meta, "managedFields")
		if notes, is := meta["annotations"].(map[string]any); is {
			delete(notes, "kubectl.kubernetes.io/last-applied-configuration")
		}
	}
	return out
}

// kept returns what is kept of a value; nil where that is nothing.
func (f *Fields) kept(v any) any {
	if f.all && f.named == nil {
		return v
	}
	switch v := v.(type) {
	case []any:
		var out []any
		for _, item := range v {
			if f.named != nil {
				object, _ := item.(map[string]any)
				if name, _ := object["name"].(string); slices.Contains(f.named, name) {
					out = append(out, item)
				}
			} else if text, isText := item.(string); isText && f.some != nil {
				if f.some(text) {
					out = append(out, text)
				}
			} else if kept := f.kept(item); kept != nil {
				out = append(out, kept)
			}
		}
		if out == nil {
			return nil
		}
		return out
	case map[string]any:
		var out map[string]any
		for key, value := range v {
			below := f.below[key]
			if below == nil {
				below = f.below["*"]
			}
			if below == nil {
				continue
			}
			if kept := below.kept(value); kept != nil {
				if out == nil {
					out = map[string]any{}
				}
				out[key] = kept
			}
		}
		if out == nil {
			return nil
		}
		return out
	case string:
		if f.text != nil {
			return f.text(v)
		}
	}
	return nil
}
