package check_test

import (
	"flag"
	"testing"

	"github.com/npgen/npgen/gen/internal/findingtest"
)

var _ = flag.Bool("update", false, "write the findings wanted")

// TestFindings holds what is wrong with a graph as a whole: place, message and help.
func TestFindings(t *testing.T) {
	findingtest.Run(t, "testdata/findings/*.txtar")
}
