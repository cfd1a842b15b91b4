package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/npgen/npgen/docs"
	"github.com/npgen/npgen/gen/diag"
)

// allRules is what lists the rules in the place of one.
const allRules = "rules"

// helpRules writes what a word names of the rules: one with its examples, or the list. It is false where it names none.
func helpRules(w io.Writer, word string) (bool, error) {
	if word == allRules {
		return true, listRules(w)
	}
	if _, known := diag.RuleOf(word); !known {
		return false, nil
	}
	_, section, _ := strings.Cut(docs.Rules, "\n## "+word+"\n")
	section, _, _ = strings.Cut(section, "\n## ")
	_, err := fmt.Fprintf(w, "%s\n\n%s\n", word, strings.TrimSpace(section))
	return true, err
}

func listRules(w io.Writer) error {
	width := 0
	for _, r := range diag.Rules() {
		width = max(width, len(r.ID))
	}
	for _, r := range diag.Rules() {
		if _, err := fmt.Fprintf(w, "%-*s  %s\n", width, r.ID, r.Summary); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(w, "\n`npgen help RULE` shows one with its examples.")
	return err
}

// otherNames returns what to run in the place of a command that other programs have.
func otherNames(word string) string {
	return map[string]string{
		"lint":     "`npgen vet` for packages, `npgen review` for policies that anyone wrote",
		"validate": "`npgen vet` for packages, `npgen review` for policies that anyone wrote",
		"check":    "`npgen build --check` for a folder of policies, `npgen vet` for packages",
		"get":      "`npgen list`",
		"show":     "`npgen list`",
		"why":      "`npgen explain`",
		"compare":  "`npgen diff`",
		"generate": "`npgen build`",
		"compile":  "`npgen build`",
		"render":   "`npgen build`",
		"new":      "`npgen init`",
		"create":   "`npgen init`",
		"convert":  "`npgen import`",
		"apply":    "`npgen build PKG | kubectl apply -f -`",
	}[word]
}
