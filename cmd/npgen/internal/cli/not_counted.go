package cli

import (
	"fmt"

	"github.com/npgen/npgen/gen/inventory"
)

// notCounted says what is not counted and may make the answer wrong, and returns the status for it.
func (s *streams) notCounted(all []inventory.NotCounted) error {
	if len(all) == 0 {
		return nil
	}
	const most = 20
	fmt.Fprintln(s.err, "npgen: the answer may be wrong, as not all of the input is counted:")
	for _, n := range all[:min(len(all), most)] {
		fmt.Fprintf(s.err, "  %s: %s: %s\n", n.Pos, n, n.Reason)
	}
	if len(all) > most {
		fmt.Fprintf(s.err, "  and %d more\n", len(all)-most)
	}
	return status(statusTrouble)
}
