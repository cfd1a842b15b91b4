package inventory

import (
	"strings"
	"testing"

	"github.com/npgen/npgen/gen/budget"
	"github.com/npgen/npgen/gen/diag"
)

// read reads manifests from standard input.
func read(t testing.TB, manifests string) (*Inventory, diag.List) {
	t.Helper()
	inv, findings, err := Read("", []string{"-"}, strings.NewReader(manifests), budget.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return inv, findings
}

// report returns findings as the text report writes them.
func report(t testing.TB, l diag.List) string {
	t.Helper()
	var b strings.Builder
	if err := l.Write(&b, diag.Text, diag.Options{}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
