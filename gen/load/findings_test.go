package load_test

import (
	"flag"
	"testing"

	"github.com/npgen/npgen/gen/internal/findingtest"
)

var update = flag.Bool("update", false, "write what is wanted")

// TestFindings holds what is wrong with a package before its names are resolved: place, message and help.
func TestFindings(t *testing.T) {
	findingtest.Run(t, "testdata/findings/*.txtar")
}
