package review_test

import (
	"flag"
	"testing"

	"github.com/npgen/npgen/gen/internal/findingtest"
)

var _ = flag.Bool("update", false, "write the findings wanted")

// TestFindings holds what is found in policies, and of each rule what only looks like it.
func TestFindings(t *testing.T) {
	findingtest.Run(t, "testdata/*.txtar")
}
