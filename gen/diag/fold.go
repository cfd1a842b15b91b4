package diag

import (
	"fmt"
	"regexp"
	"strings"
)

// folded is a finding, and others that say the same of something else.
type folded struct {
	Diagnostic
	more []Diagnostic
}

// fold joins findings of one rule that differ only in what they quote: those at one place, as a slip in a comprehension
// makes them, and infos wherever they are. The first of them is shown.
func (l List) fold() []folded {
	type key struct {
		severity    Severity
		rule, shape string
		at          Pos
		object      string
	}
	var out []folded
	seen := map[key]int{}
	for _, d := range l {
		k := key{severity: d.Severity, rule: d.Rule, shape: shape(d.Message)}
		if d.Severity != Info {
			k.at, k.at.Object = d.Pos, nil
			if d.Pos.Object != nil {
				k.object = d.Pos.Object.String()
			}
		}
		i, known := seen[k]
		if known {
			out[i].more = append(out[i].more, d)
			continue
		}
		seen[k] = len(out)
		out = append(out, folded{Diagnostic: d})
	}
	return out
}

// quoted is what a message takes from the user: text in backticks, and counts.
var quoted = regexp.MustCompile("`[^`]*`|[0-9]+")

// shape returns a message without what it quotes.
func shape(message string) string { return quoted.ReplaceAllString(message, "``") }

// mostFolded is how many of the others a line names.
const mostFolded = 5

// others says how many findings are folded, and names the first of them: by what they quote and the first does not, and by
// their place where that is another one. It returns "" where there are none.
func (f folded) others() string {
	if len(f.more) == 0 {
		return ""
	}
	var names []string
	here := true
	for i, d := range f.more {
		elsewhere := d.Pos.Compare(f.Pos) != 0
		here = here && !elsewhere
		if i >= mostFolded {
			continue
		}
		name := f.differs(d)
		if elsewhere {
			place := d.Pos.String()
			if d.Pos.File == f.Pos.File && d.Pos.Line > 0 {
				place = strings.TrimPrefix(place, d.Pos.File+":")
			}
			name = strings.TrimSpace(name + " (" + place + ")")
		}
		names = append(names, name)
	}
	head := fmt.Sprintf("and %d more", len(f.more))
	if here {
		head += " here"
	}
	text := strings.Join(names, ", ")
	if n := len(f.more) - len(names); n > 0 {
		text += fmt.Sprintf(" and %d more", n)
	}
	return head + ": " + text
}

// differs returns the first that another finding quotes and the first does not.
func (f folded) differs(d Diagnostic) string {
	mine, theirs := quoted.FindAllString(f.Message, -1), quoted.FindAllString(d.Message, -1)
	for i := range min(len(mine), len(theirs)) {
		if mine[i] != theirs[i] {
			return theirs[i]
		}
	}
	return ""
}
