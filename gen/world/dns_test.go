package world

import (
	"maps"
	"net/netip"
	"slices"
	"testing"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/cuecontext"

	"github.com/npgen/npgen/schema"
)

// TestDNSServersAreThoseOfTheSchema holds the list against the profiles of the language.
func TestDNSServersAreThoseOfTheSchema(t *testing.T) {
	source, err := schema.Files.ReadFile("dns.cue")
	if err != nil {
		t.Fatal(err)
	}
	var profiles map[string]struct {
		Namespace string
		Labels    map[string]string
		Ports     []int
		CIDRs     []netip.Prefix
	}
	v := cuecontext.New().CompileBytes(source)
	if err := v.LookupPath(cue.ParsePath("#DNSProfiles")).Decode(&profiles); err != nil {
		t.Fatal(err)
	}
	if len(profiles) < 4 {
		t.Fatalf("only %d profiles", len(profiles))
	}
	known := map[int]bool{}
	for name, p := range profiles {
		if len(p.Labels) > 0 {
			i := slices.IndexFunc(DNSServers(), func(s DNSServer) bool {
				return s.Pod != nil && s.Pod.Namespace == p.Namespace && maps.Equal(s.Pod.Labels, p.Labels) && slices.Equal(p.Ports, []int{s.Port})
			})
			if i < 0 {
				t.Errorf("the pods of profile %s are not in the list", name)
			}
			known[i] = true
		}
		for _, cidr := range p.CIDRs {
			i := slices.IndexFunc(DNSServers(), func(s DNSServer) bool {
				return s.Pod == nil && netip.PrefixFrom(s.Address, s.Address.BitLen()) == cidr && slices.Equal(p.Ports, []int{s.Port})
			})
			if i < 0 {
				t.Errorf("%s of profile %s is not in the list", cidr, name)
			}
			known[i] = true
		}
	}
	for i, s := range DNSServers() {
		if !known[i] {
			t.Errorf("no profile has %+v", s)
		}
	}
}
