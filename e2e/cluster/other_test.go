//go:build !linux

package cluster

import "testing"

// TestNeeds fails: no other system has network namespaces.
func TestNeeds(t *testing.T) {
	t.Fatal("the tests with real packets need Linux")
}
