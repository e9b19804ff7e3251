package dft

// seriesLanes is how many lines a sine or cosine series takes side by side.
const seriesLanes = 2 * LaneUnit

// eachBlock hands the lines of one axis of an array, n points at a distance of stride, to f in blocks of up to seriesLanes: point j of line l of a block is at
// index at[l] + j·stride.
func eachBlock(size, n, stride int, f func(at []int)) {
	at := make([]int, 0, seriesLanes)
	for i := range size / n {
		at = append(at, i/stride*stride*n+i%stride)
		if len(at) == seriesLanes || i == size/n-1 {
			f(at)
			at = at[:0]
		}
	}
}

// element is the place of point j of a lane in a field of Lanes.
func element(u Planes, j, lane int) *float64 {
	part := u.Re
	if j%2 == 1 {
		part = u.Im
	}
	return &part[j/2*seriesLanes+lane]
}
