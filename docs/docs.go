// Package docs carries the page of the rules, which `npgen help RULE` prints.
//
// In: nothing. Out: the text. It refuses nothing.
package docs

import _ "embed"

// Rules is docs/rules.md: a section for each rule.
//
//go:embed rules.md
var Rules string
