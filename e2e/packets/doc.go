// Package packets holds npgen against packets: an engine that others wrote enforces what npgen writes, between pods that
// are network namespaces.
//
// In: packages, and who stands in the cluster. Out: every flow between pods and hosts outside is tried over TCP and UDP,
// and is open just where `npgen list` of the package says so; a table of what was seen. It refuses to pass where a
// policy that is removed, a rule that is broken or an engine that is stopped makes no difference.
package packets
