package cli

import (
	"github.com/npgen/npgen/gen/inventory"
)

// notCounted says what is not counted and may make the answer wrong, and returns the status for it.
func (s *streams) notCounted(all []inventory.NotCounted) error {
	if len(all) == 0 {
		return nil
	}
	const most = 20
	s.say("npgen: the answer may be wrong, as not all of the input is counted:")
	for _, n := range all[:min(len(all), most)] {
		s.say("  %s: %s: %s", n.Pos, n, n.Reason)
	}
	if len(all) > most {
		s.say("  and %d more", len(all)-most)
	}
	return status(statusTrouble)
}
