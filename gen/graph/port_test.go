package graph

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// Every legal form of a port and of the ports of an edge, and what it is written as.
func TestParsePorts(t *testing.T) {
	for in, want := range map[string]string{
		"1":                      "1",
		"65535":                  "65535",
		"80/tcp":                 "80",
		"53/udp":                 "53/udp",
		"36412/sctp":             "36412/sctp",
		"8000-8010":              "8000-8010",
		"1-65535":                "1-65535",
		"5-5/udp":                "5/udp",
		"30000-32767/udp":        "30000-32767/udp",
		"http":                   "http",
		"8080a":                  "8080a",
		"0x50":                   "0x50",
		"a":                      "a",
		"fifteen-letters":        "fifteen-letters",
		"http,80,53/udp":         "http,80,53/udp",
		"80 , 443\t,http ":       "80,443,http",
		"80,80":                  "80,80",
		"*":                      "*",
		"*/tcp":                  "*/tcp",
		"*/udp":                  "*/udp",
		"*/sctp":                 "*/sctp",
		"80/tcp,80/udp,80/sctp":  "80,80/udp,80/sctp",
		"8000-8010/tcp,9-9/sctp": "8000-8010,9/sctp",
	} {
		got, errs := ParsePorts(in)
		if len(errs) > 0 || got.String() != want {
			t.Errorf("%q: got %q %v, want %q", in, got, errs, want)
		}
		for i, token := range got.Tokens {
			if text := strings.Split(in, ",")[i]; !strings.HasPrefix(in[token.Offset:], strings.TrimSpace(text)) {
				t.Errorf("%q: token %d starts at %d", in, i, token.Offset)
			}
		}
	}
}

// bitmap is a PortSet as simple as can be: a bit for each port, and one for the protocols that have no name here.
type bitmap struct {
	ports [numProtocols][1 << 10]uint64
	other bool
}

func (b *bitmap) add(p Port) {
	for n := p.Lo; n <= p.Hi; n++ {
		b.ports[p.Protocol][n/64] |= 1 << (n % 64)
	}
}

func (b *bitmap) combine(c *bitmap, f func(x, y uint64) uint64) *bitmap {
	out := &bitmap{}
	for p := range b.ports {
		for i := range b.ports[p] {
			out.ports[p][i] = f(b.ports[p][i], c.ports[p][i])
		}
	}
	return out
}

func (b *bitmap) or(c *bitmap) *bitmap {
	out := b.combine(c, func(x, y uint64) uint64 { return x | y })
	out.other = b.other || c.other
	return out
}

func (b *bitmap) and(c *bitmap) *bitmap {
	out := b.combine(c, func(x, y uint64) uint64 { return x & y })
	out.other = b.other && c.other
	return out
}

// bits returns the bitmap of a set by what it tells of itself.
func bits(s PortSet) *bitmap {
	b := &bitmap{other: s.All}
	for _, p := range Protocols() {
		if s.AllOf(p) {
			b.add(Port{Range{1, 65535}, p})
		}
		for _, r := range s.Ranges(p) {
			b.add(Port{r, p})
		}
	}
	return b
}

// randomPorts returns a set and its bitmap. The ends of the ranges are few, so that they meet.
func randomPorts(r *rand.Rand) (PortSet, *bitmap) {
	ends := []int{1, 2, 3, 4, 79, 80, 81, 443, 65534, 65535}
	s, b := PortSet{}, &bitmap{}
	for range r.IntN(6) {
		p := Protocol(r.IntN(int(numProtocols)))
		switch r.IntN(12) {
		case 0:
			s.All, b.other = true, true
			for _, p := range Protocols() {
				b.add(Port{Range{1, 65535}, p})
			}
		case 1:
			s.AddAll(p)
			b.add(Port{Range{1, 65535}, p})
		default:
			lo, hi := ends[r.IntN(len(ends))], ends[r.IntN(len(ends))]
			port := Port{Range{min(lo, hi), max(lo, hi)}, p}
			s.Add(port)
			b.add(port)
		}
	}
	return s, b
}

func TestPortSetAgreesWithBitmap(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 700 {
		s, b := randomPorts(r)
		u, c := randomPorts(r)
		before := [2]string{s.String(), u.String()}
		if *bits(s) != *b {
			t.Fatalf("%v holds other ports than were added", s)
		}
		if got := s.IsEmpty(); got != (*b == bitmap{}) {
			t.Errorf("IsEmpty of %q is %t", s, got)
		}
		if got, want := s.Contains(u), *b.and(c) == *c; got != want {
			t.Errorf("Contains: %q of %q is %t", u, s, got)
		}
		if both := s.Intersect(u); *bits(both) != *b.and(c) {
			t.Errorf("Intersect of %q and %q is %q", s, u, both)
		}
		if got, want := s.Overlaps(u), !s.Intersect(u).IsEmpty(); got != want {
			t.Errorf("Overlaps of %q and %q is %t", s, u, got)
		}
		sum := s
		sum.Union(u)
		if *bits(sum) != *b.or(c) {
			t.Errorf("Union of %q and %q is %q", s, u, sum)
		}
		if after := [2]string{s.String(), u.String()}; after != before {
			t.Fatalf("%q became %q", before, after)
		}
		wellFormed(t, sum)
		readsBack(t, sum)
	}
}

// wellFormed checks that ranges are sorted and apart: no two of them share a port.
func wellFormed(t *testing.T, s PortSet) {
	for _, p := range Protocols() {
		ranges := s.Ranges(p)
		for i, r := range ranges {
			if r.Lo < 1 || r.Hi > 65535 || r.Lo > r.Hi || i > 0 && r.Lo <= ranges[i-1].Hi {
				t.Errorf("ranges %v", ranges)
			}
		}
	}
}

// readsBack checks that what a set prints is read as the same set, where an edge can say it.
func readsBack(t *testing.T, s PortSet) {
	some := slices.ContainsFunc(Protocols(), s.AllOf)
	if s.IsEmpty() || some && s.String() != "*" && (strings.Contains(s.String(), ",") || !strings.HasPrefix(s.String(), "*/")) {
		return
	}
	expr, errs := ParsePorts(s.String())
	if len(errs) > 0 {
		t.Fatalf("%q: %v", s, errs[0])
	}
	again := PortSet{All: expr.All}
	if expr.AllOf != nil {
		again.AddAll(*expr.AllOf)
	}
	for _, token := range expr.Tokens {
		again.Add(token.Port)
	}
	if *bits(again) != *bits(s) {
		t.Errorf("%q is read as %q", s, again)
	}
}

// A set of single ports stays one, as not every CNI enforces endPort; ranges that share a port are joined.
func TestPortSetString(t *testing.T) {
	for want, ports := range map[string][]Port{
		"":                   nil,
		"80,81,82":           {{Range{81, 81}, TCP}, {Range{80, 80}, TCP}, {Range{82, 82}, TCP}},
		"80":                 {{Range{80, 80}, TCP}, {Range{80, 80}, TCP}},
		"80-90":              {{Range{80, 85}, TCP}, {Range{85, 90}, TCP}},
		"80-90,91":           {{Range{91, 91}, TCP}, {Range{80, 90}, TCP}},
		"1-100":              {{Range{50, 60}, TCP}, {Range{1, 100}, TCP}},
		"53,53/udp,53/sctp":  {{Range{53, 53}, SCTP}, {Range{53, 53}, UDP}, {Range{53, 53}, TCP}},
		"1-65535/udp":        {{Range{1, 65535}, UDP}},
		"1-10,20-30,25/udp":  {{Range{20, 30}, TCP}, {Range{1, 10}, TCP}, {Range{25, 25}, UDP}},
		"1-30":               {{Range{1, 10}, TCP}, {Range{20, 30}, TCP}, {Range{10, 20}, TCP}},
		"10-20,21-30,31-400": {{Range{31, 400}, TCP}, {Range{10, 20}, TCP}, {Range{21, 30}, TCP}},
	} {
		if got := Single(ports...).String(); got != want {
			t.Errorf("%v: got %q, want %q", ports, got, want)
		}
	}
}

func TestPortNumber(t *testing.T) {
	for n, ok := range map[int64]bool{-1: false, 0: false, 1: true, 80: true, 65535: true, 65536: false, 1 << 40: false} {
		port, err := PortNumber(n)
		if (err == nil) != ok || ok && (int64(port.Lo) != n || port.Hi != port.Lo || port.Protocol != TCP) {
			t.Errorf("%d: %v, %v", n, port, err)
		}
	}
}

func TestPortSetAsSet(t *testing.T) {
	for text, want := range map[string]string{
		"80": "80", "53/udp,80": "80,53/udp", "80,81,53/udp": "80-81,53/udp", "*/udp": "*/udp", "1-65535": "*/tcp", "*": "*",
	} {
		expr, errs := ParsePorts(text)
		if len(errs) > 0 {
			t.Fatal(text, errs)
		}
		s := PortSet{All: expr.All}
		if expr.AllOf != nil {
			s.AddAll(*expr.AllOf)
		}
		for _, tok := range expr.Tokens {
			s.Add(tok.Port)
		}
		if got := s.Set().String(); got != want {
			t.Errorf("%s as a set is %s, want %s", text, got, want)
		}
	}
}
