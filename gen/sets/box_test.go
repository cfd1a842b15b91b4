package sets

import (
	"net/netip"
	"testing"
)

func TestWithAddresses(t *testing.T) {
	s := NewSpace()
	of := func(cidr string) Addresses { return AddressesOf([]netip.Prefix{netip.MustParsePrefix(cidr)}, nil) }
	b := s.FlowsWith(Source, s.Namespace("shop"), of("10.0.0.0/8"), AllPorts())
	if got := b.WithAddresses(of("10.1.0.0/16")); !got.Addresses().Equal(of("10.1.0.0/16")) || !s.BoxWithin(got, b) {
		t.Errorf("the addresses are %v", got.Addresses().Prefixes())
	}
	if _, answer := s.Ask(b.WithAddresses(of("11.0.0.0/8"))).Find(); answer != No {
		t.Error("there is a flow with none of the addresses")
	}
	pods := s.Flows(s.Namespace("shop"), Pods{}, AllPorts())
	if got := pods.WithAddresses(of("10.0.0.0/8")); !s.BoxWithin(pods, got) || !s.BoxWithin(got, pods) {
		t.Error("flows between pods have addresses")
	}
}
