package evidence

import (
	"math"
)

// Tile is a box of coefficients whose forcing spectrum is constant: μ²s = Variance on [Lo, Hi) of every axis. A Gaussian process with such a spectral density is the
// band-limited ("sinc") mixture of Tobar (2019); here the partition itself is learned.
type Tile struct {
	Lo, Hi   []int
	Variance float64
}

// maxTiled is the number of coefficients up to which tiles are fitted: the search visits about 2^dim boxes per coefficient.
const maxTiled = 1 << 20

// Costs of the partition in units of log evidence: one per cut (which way it went) and one per box that is not empty (its variance).
const (
	cutCost  = 0.9
	tileCost = 2
)

// interval is a node of the tree of halvings of an axis.
type interval struct{ lo, hi, left, right int }

// halvings lists the intervals of the binary tree over [0, n), parents before children.
func halvings(n int) []interval {
	list := []interval{{0, n, -1, -1}}
	for i := 0; i < len(list); i++ {
		if t := list[i]; t.hi-t.lo > 1 {
			mid := (t.lo + t.hi) / 2
			list[i].left, list[i].right = len(list), len(list)+1
			list = append(list, interval{t.lo, mid, -1, -1}, interval{mid, t.hi, -1, -1})
		}
	}
	return list
}

// partition finds, among all partitions by repeated halving along any axis, the one with the largest evidence less its costs: dynamic programming over boxes, so that there is no
// local optimum. The noise, where it is learned, is re-estimated from the empty boxes.
func partition(d *Data, rounds int) *Prior {
	p := &Prior{Noise: d.Noise, Start: "bands"}
	if d.Noise < 0 {
		p.Noise = math.Max(robustVariance(d.F), 1e-300)
	} else {
		rounds = 1
	}
	t := newTree(d)
	for range rounds {
		p.Tiles = t.best(p.Noise)
		if d.Noise >= 0 {
			break
		}
		var sum float64
		var count int
		for _, tile := range p.Tiles {
			if tile.Variance < 0.05*p.Noise {
				s, n := t.sum(tile)
				sum, count = sum+s, count+n
			}
		}
		if count > 10 {
			p.Noise = sum / float64(count)
		}
	}
	v := make([]float64, len(d.F))
	p.spread(v, d)
	for i, f := range d.F {
		w := v[i]*d.Mu[i]*d.Mu[i] + p.Noise
		p.LogEvidence -= 0.5 * (math.Log(2*math.Pi*w) + f*f/w)
	}
	return p
}

// tree holds the sum of squares of every box.
type tree struct {
	d     *Data
	sizes []int
	nodes [3][]interval
	n     [3]int
	sums  []float64
}

func newTree(d *Data) *tree {
	t := &tree{d: d}
	for a := range 3 {
		size := 1
		if a < len(d.Frequency) {
			size = len(d.Frequency[a])
			t.sizes = append(t.sizes, size)
		}
		t.nodes[a] = halvings(size)
		t.n[a] = len(t.nodes[a])
	}
	t.sums = make([]float64, t.n[0]*t.n[1]*t.n[2])
	t.fill()
	return t
}

func (t *tree) at(i, j, k int) int { return (i*t.n[1]+j)*t.n[2] + k }

// fill sums from single coefficients upwards.
func (t *tree) fill() {
	size := [3]int{1, 1, 1}
	copy(size[:], t.sizes)
	for i := t.n[0] - 1; i >= 0; i-- {
		x := t.nodes[0][i]
		for j := t.n[1] - 1; j >= 0; j-- {
			y := t.nodes[1][j]
			for k := t.n[2] - 1; k >= 0; k-- {
				z := t.nodes[2][k]
				var s float64
				switch {
				case x.left >= 0:
					s = t.sums[t.at(x.left, j, k)] + t.sums[t.at(x.right, j, k)]
				case y.left >= 0:
					s = t.sums[t.at(i, y.left, k)] + t.sums[t.at(i, y.right, k)]
				case z.left >= 0:
					s = t.sums[t.at(i, j, z.left)] + t.sums[t.at(i, j, z.right)]
				default:
					f := t.d.F[(x.lo*size[1]+y.lo)*size[2]+z.lo]
					s = f * f
				}
				t.sums[t.at(i, j, k)] = s
			}
		}
	}
}

func (t *tree) sum(tile Tile) (float64, int) {
	lo, hi := [3]int{}, [3]int{1, 1, 1}
	copy(lo[:], tile.Lo)
	copy(hi[:], tile.Hi)
	size := [3]int{1, 1, 1}
	copy(size[:], t.sizes)
	s, n := 0.0, 0
	for i := lo[0]; i < hi[0]; i++ {
		for j := lo[1]; j < hi[1]; j++ {
			for k := lo[2]; k < hi[2]; k++ {
				f := t.d.F[(i*size[1]+j)*size[2]+k]
				s += f * f
				n++
			}
		}
	}
	return s, n
}

// best runs the dynamic programme for noise v.
func (t *tree) best(v float64) []Tile {
	value := make([]float64, len(t.sums))
	cut := make([]int8, len(t.sums))
	for i := t.n[0] - 1; i >= 0; i-- {
		x := t.nodes[0][i]
		for j := t.n[1] - 1; j >= 0; j-- {
			y := t.nodes[1][j]
			for k := t.n[2] - 1; k >= 0; k-- {
				z := t.nodes[2][k]
				at := t.at(i, j, k)
				m := float64((x.hi - x.lo) * (y.hi - y.lo) * (z.hi - z.lo))
				best, way := gain(t.sums[at], m, v), int8(-1)
				if x.left >= 0 {
					if w := value[t.at(x.left, j, k)] + value[t.at(x.right, j, k)] - cutCost; w > best {
						best, way = w, 0
					}
				}
				if y.left >= 0 {
					if w := value[t.at(i, y.left, k)] + value[t.at(i, y.right, k)] - cutCost; w > best {
						best, way = w, 1
					}
				}
				if z.left >= 0 {
					if w := value[t.at(i, j, z.left)] + value[t.at(i, j, z.right)] - cutCost; w > best {
						best, way = w, 2
					}
				}
				value[at], cut[at] = best, way
			}
		}
	}
	var out []Tile
	var walk func(i, j, k int)
	walk = func(i, j, k int) {
		x, y, z := t.nodes[0][i], t.nodes[1][j], t.nodes[2][k]
		switch cut[t.at(i, j, k)] {
		case 0:
			walk(x.left, j, k)
			walk(x.right, j, k)
		case 1:
			walk(i, y.left, k)
			walk(i, y.right, k)
		case 2:
			walk(i, j, z.left)
			walk(i, j, z.right)
		default:
			dim := len(t.sizes)
			lo, hi := []int{x.lo, y.lo, z.lo}[:dim], []int{x.hi, y.hi, z.hi}[:dim]
			m := float64((x.hi - x.lo) * (y.hi - y.lo) * (z.hi - z.lo))
			out = append(out, Tile{lo, hi, level(t.sums[t.at(i, j, k)], m, v)})
		}
	}
	walk(0, 0, 0)
	return out
}

// level is the variance given to a box of m coefficients: the maximum likelihood value, but never below its own standard error where that is all that is known (an empty box is not
// known to be empty).
func level(sum, m, v float64) float64 {
	return math.Max(sum/m-v, emptyShare*v/m)
}

// emptyShare is what a box without visible signal is still granted, in units of the noise per coefficient over the number of coefficients.
const emptyShare = 1.0

// gain is the log evidence of a box against pure noise, less its cost.
func gain(sum, m, v float64) float64 {
	t := sum/m - v
	if t <= 0 {
		return 0
	}
	r := sum / (m * v)
	return math.Max(0, 0.5*m*(r-1-math.Log(r))-tileCost)
}

// spread writes s of the tiles into dst.
func (p *Prior) spread(dst []float64, d *Data) {
	size := [3]int{1, 1, 1}
	for a, w := range d.Frequency {
		size[a] = len(w)
	}
	for _, tile := range p.Tiles {
		lo, hi := [3]int{}, [3]int{1, 1, 1}
		copy(lo[:], tile.Lo)
		copy(hi[:], tile.Hi)
		for i := lo[0]; i < hi[0]; i++ {
			for j := lo[1]; j < hi[1]; j++ {
				for k := lo[2]; k < hi[2]; k++ {
					at := (i*size[1]+j)*size[2] + k
					if mu := d.Mu[at]; mu != 0 {
						dst[at] = tile.Variance / (mu * mu)
					}
				}
			}
		}
	}
}

// bands describes the tiles as components, those without visible signal as pruned.
func (p *Prior) bands(d *Data) {
	for _, tile := range p.Tiles {
		c := Component{Shape: Band}
		i := 0
		for a, w := range d.Frequency {
			lo, hi := tile.Lo[a], tile.Hi[a]
			c.Frequency = append(c.Frequency, (w[lo]+w[hi-1])/2)
			c.Width = append(c.Width, (w[hi-1]-w[lo]+d.Unit[a])/2)
			i = i*len(w) + (lo+hi-1)/2
		}
		if mu := d.Mu[i]; mu != 0 {
			c.Weight = tile.Variance / (mu * mu)
		}
		c.Pruned = tile.Variance < 0.05*p.Noise
		p.Components = append(p.Components, c)
	}
}
