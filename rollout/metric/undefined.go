package metric

// emptyBin tells where the truth has nothing in bin k of The Well.
func emptyBin(t *Truth, k int) []bool {
	out := make([]bool, len(t.well()))
	for i, p := range t.well() {
		out[i] = p[k] <= 1e-14*(p[0]+p[1]+p[2])
	}
	return out
}

// emptyBand tells where the truth has nothing in band k.
func emptyBand(t *Truth, k int) []bool {
	out := make([]bool, len(t.Power()))
	for i, p := range t.Power() {
		out[i] = Bands(len(p))[k].empty(p)
	}
	return out
}

// anyZero marks trajectories with a field that is zero throughout; allZero those with nothing else; anyConstant those with a field that does not vary.
func anyZero(t *Truth) []bool { return gather(t, t.Zero(), func(n, of int) bool { return n > 0 }) }

func allZero(t *Truth) []bool { return gather(t, t.Zero(), func(n, of int) bool { return n == of }) }

func anyConstant(t *Truth) []bool {
	return gather(t, t.Constant(), func(n, of int) bool { return n > 0 })
}

// gather asks is for each trajectory with the number of marked fields out of all.
func gather(t *Truth, marks []bool, is func(n, of int) bool) []bool {
	fields := t.plan.spec.Channels()
	out := make([]bool, t.U.Shape[0])
	for b := range out {
		n := 0
		for _, marked := range marks[b*fields : (b+1)*fields] {
			if marked {
				n++
			}
		}
		out[b] = is(n, fields)
	}
	return out
}
