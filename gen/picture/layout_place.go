package picture

import (
	"cmp"
	"slices"
)

// order sorts the items of each layer so that edges cross little: in the bands of namespaces, and in these each by the
// middle of what it is next to.
func (l *layout) order() {
	rank := make([]float64, len(l.items))
	settle := func(layer []int) {
		slices.SortStableFunc(layer, func(i, j int) int { return cmp.Compare(l.items[i].band, l.items[j].band) })
		for at, i := range layer {
			rank[i] = float64(at)
		}
	}
	for _, layer := range l.layers {
		settle(layer)
	}
	sweep := func(layer []int, next func(*item) []int) {
		middle := map[int]float64{}
		for _, i := range layer {
			middle[i] = rank[i]
			if around := next(&l.items[i]); len(around) > 0 {
				sum := 0.0
				for _, j := range around {
					sum += (rank[j] + 0.5) / float64(len(l.layers[l.items[j].layer]))
				}
				middle[i] = sum / float64(len(around)) * float64(len(layer))
			}
		}
		slices.SortStableFunc(layer, func(i, j int) int { return cmp.Compare(middle[i], middle[j]) })
		settle(layer)
	}
	for range 12 {
		for _, layer := range l.layers {
			sweep(layer, func(x *item) []int { return x.left })
		}
		for _, layer := range slices.Backward(l.layers) {
			sweep(layer, func(x *item) []int { return x.right })
		}
	}
}

// place gives all items their places.
func (l *layout) place(bands int) {
	heights := make([]int, bands)
	column := 0
	for _, layer := range l.layers {
		has := make([]int, bands)
		alone := 0
		for _, i := range layer {
			if x := &l.items[i]; x.band == free {
				alone += x.height + gap
			} else {
				has[x.band] += x.height + gap
			}
		}
		for b := range has {
			heights[b] = max(heights[b], has[b])
		}
		column = max(column, alone)
	}
	y := margin
	head := 0
	if len(l.boxes()) > 1 {
		head = boxHead
	}
	for _, h := range heights {
		l.bands = append(l.bands, span{y + head + boxPad, y + head + boxPad + h - gap})
		y += head + 2*boxPad + h
	}
	l.height = max(y, margin+column) + margin
	for _, layer := range l.layers {
		l.stack(layer, func(x *item) int { return 0 })
	}
	for range 8 {
		for _, layer := range l.layers {
			l.stack(layer, func(x *item) int { return l.around(x, x.left) })
		}
		for _, layer := range slices.Backward(l.layers) {
			l.stack(layer, func(x *item) int { return l.around(x, x.right) })
		}
	}
	x := margin
	for _, layer := range l.layers {
		w := 0
		for _, i := range layer {
			w = max(w, l.items[i].width)
		}
		l.x, l.widths = append(l.x, x), append(l.widths, w)
		if len(layer) > 0 {
			x += w + between
		}
	}
	l.width = x - between + margin
}

// around returns the middle of some items, and where there are none that of the item itself.
func (l *layout) around(x *item, others []int) int {
	if len(others) == 0 {
		return x.y
	}
	sum := 0
	for _, i := range others {
		sum += l.items[i].y
	}
	return sum / len(others)
}

// stack puts the items of a layer as near as can be to where they want to be, in their order and inside of their bands.
func (l *layout) stack(layer []int, want func(*item) int) {
	for from := 0; from < len(layer); {
		to := from
		for to < len(layer) && l.items[layer[to]].band == l.items[layer[from]].band {
			to++
		}
		within := span{margin, l.height - margin}
		if b := l.items[layer[from]].band; b != free {
			within = l.bands[b]
		}
		run := layer[from:to]
		top := within.from
		for _, i := range run {
			x := &l.items[i]
			x.y = max(want(x), top+x.height/2)
			top = x.y - x.height/2 + x.height + gap
		}
		bottom := within.to
		for _, i := range slices.Backward(run) {
			x := &l.items[i]
			x.y = min(x.y, bottom-(x.height-x.height/2))
			bottom = x.y - x.height/2 - gap
		}
		from = to
	}
}

// box returns the rectangle around the nodes of a band.
func (l *layout) box(band int) (x, y, w, h int) {
	first, last := len(l.layers), 0
	for _, i := range l.items {
		if i.node >= 0 && i.band == band {
			first, last = min(first, i.layer), max(last, i.layer)
		}
	}
	s := l.bands[band]
	x = l.x[first] - boxPad
	return x, s.from - boxHead, l.x[last] + l.widths[last] + boxPad - x, s.to - s.from + boxHead + boxPad
}
