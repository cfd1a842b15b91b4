package graph_test

import (
	"testing"

	"github.com/npgen/npgen/gen/internal/findingtest"
)

// TestFindings holds what is wrong with names, edges and packages that are linked: place, message and help.
func TestFindings(t *testing.T) {
	findingtest.Run(t, "testdata/findings/*.txtar")
}
