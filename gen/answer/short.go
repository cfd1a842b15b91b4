package answer

import (
	"regexp"
	"slices"
	"strings"
)

// labelled is pods by several labels in a name: what stands before the brace, and the labels.
var labelled = regexp.MustCompile(`[^\s,{]*\{[^{}]*\}[^\s,{]*`)

// shortNames returns for pods by several labels of some names what tells them apart from all others there: one label and an
// ellipsis, as `shop/{app=web, …}`. What no single label tells apart has no short name.
func shortNames(names []string) map[string]string {
	terms := map[string][]string{}
	for _, name := range names {
		for _, token := range labelled.FindAllString(name, -1) {
			terms[token] = labelsOf(token)
		}
	}
	having := map[string]int{} // how many have a label, behind what stands around the braces
	for token, labels := range terms {
		for _, label := range labels {
			having[around(token, label)]++
		}
	}
	out := map[string]string{}
	for token, labels := range terms {
		if len(labels) < 2 {
			continue
		}
		slices.SortStableFunc(labels, byMeaning)
		if i := slices.IndexFunc(labels, func(label string) bool { return having[around(token, label)] == 1 }); i >= 0 {
			if short := around(token, labels[i]+", …"); len(short) < len(token) {
				out[token] = short
			}
		}
	}
	return out
}

// around returns other labels in the place of those of a token.
func around(token, labels string) string {
	before, rest, _ := strings.Cut(token, "{")
	_, behind, _ := strings.Cut(rest, "}")
	return before + "{" + labels + "}" + behind
}

// labelsOf returns the labels of a token; the values of `in (a,b)` stay together.
func labelsOf(token string) []string {
	_, rest, _ := strings.Cut(token, "{")
	inside, _, _ := strings.Cut(rest, "}")
	var out []string
	depth, start := 0, 0
	for i, c := range inside {
		switch {
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == ',' && depth == 0:
			out = append(out, strings.TrimSpace(inside[start:i]))
			start = i + 1
		}
	}
	return append(out, strings.TrimSpace(inside[start:]))
}

// byMeaning orders labels by what people know workloads by.
func byMeaning(a, b string) int {
	rank := func(label string) int {
		key, _, _ := strings.Cut(label, "=")
		at := slices.Index([]string{"app.kubernetes.io/name", "app", "k8s-app", "name", "app.kubernetes.io/component", "component", "app.kubernetes.io/instance"}, key)
		if at < 0 {
			return 100 + len(label)
		}
		return at
	}
	return rank(a) - rank(b)
}

// inShort joins names, in their short form where there is one.
func inShort(names []string, short map[string]string) string {
	out := strings.Join(names, ", ")
	if len(short) == 0 {
		return out
	}
	return labelled.ReplaceAllStringFunc(out, func(token string) string {
		if s, ok := short[token]; ok {
			return s
		}
		return token
	})
}
