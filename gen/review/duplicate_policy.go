package review

import (
	"reflect"

	"github.com/npgen/npgen/gen/diag"
)

// duplicates finds two policies of one name in one file that say different things: applying the second replaces the
// first. Files apart may be a base and what changes it.
func (r *reviewer) duplicates() {
	type place struct{ file, namespace, name string }
	seen := map[place]*policy{}
	for _, p := range r.policies {
		at := place{p.File(), p.Namespace, p.Name}
		first := seen[at]
		switch {
		case first == nil || p.GenerateName != "":
			seen[at] = p
		case !reflect.DeepEqual(first.Spec, p.Spec):
			r.findings.Errorf(diag.DuplicatePolicy, p.Value("metadata", "name"), "the file has two policies `%s` in namespace `%s`, and the last one replaces the others", p.Name, p.Namespace).
				WithHelp("give each a name of its own").WithRelated(first.Value("metadata", "name"), "the first one")
		}
	}
}
