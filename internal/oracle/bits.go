package oracle

import "math/bits"

// bitset is a set of small numbers. Two that are compared have one length.
type bitset []uint64

func newBits(n int) bitset { return make(bitset, (n+63)/64) }

func (b bitset) set(i int) { b[i/64] |= 1 << (i % 64) }

func (b bitset) has(i int) bool { return b[i/64]>>(i%64)&1 == 1 }

// meet reports whether two sets have something in common.
func (b bitset) meet(o bitset) bool {
	for i, x := range b {
		if x&o[i] != 0 {
			return true
		}
	}
	return false
}

func (b bitset) add(o bitset) {
	for i := range b {
		b[i] |= o[i]
	}
}

// key is the set as the key of a map.
func (b bitset) key() string {
	out := make([]byte, 0, 8*len(b))
	for _, x := range b {
		for s := 0; s < 64; s += 8 {
			out = append(out, byte(x>>s))
		}
	}
	return string(out)
}

// portLimit is how many kinds of ports a world has at most.
const portLimit = 256

// Ports is a set of kinds of ports of a world.
type Ports [portLimit / 64]uint64

func (p *Ports) set(i int) { p[i/64] |= 1 << (i % 64) }

func (p Ports) has(i int) bool { return p[i/64]>>(i%64)&1 == 1 }

// IsEmpty reports whether there is none.
func (p Ports) IsEmpty() bool { return p == Ports{} }

// And returns the ports of both.
func (p Ports) And(o Ports) Ports {
	for i := range p {
		p[i] &= o[i]
	}
	return p
}

// Or returns the ports of either.
func (p Ports) Or(o Ports) Ports {
	for i := range p {
		p[i] |= o[i]
	}
	return p
}

// Minus returns the ports of the first without those of the second.
func (p Ports) Minus(o Ports) Ports {
	for i := range p {
		p[i] &^= o[i]
	}
	return p
}

// first returns the lowest port, or -1.
func (p Ports) first() int {
	for i, x := range p {
		if x != 0 {
			return i*64 + bits.TrailingZeros64(x)
		}
	}
	return -1
}
