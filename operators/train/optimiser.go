package train

import (
	"math"

	"gorgonia.org/gorgonia"

	"github.com/eddy-pde/eddy/internal/kernel"
	"github.com/eddy-pde/eddy/operators/nn"
)

// The constants of AdamW, as in torch.optim.AdamW.
const (
	adamBeta1 = 0.9
	adamBeta2 = 0.999
	adamEps   = 1e-8
)

// optimiser holds what AdamW remembers of every parameter.
type optimiser struct {
	config Optim
	params []*nn.Param
	m, v   [][]float32 // first and second moment
	ema    [][]float32 // running mean of the weights; nil where Optim.EMA is 0
	step   int         // updates made
}

func newOptimiser(c Optim, params []*nn.Param) *optimiser {
	o := &optimiser{config: c, params: params}
	for _, p := range params {
		o.m = append(o.m, make([]float32, p.Len()))
		o.v = append(o.v, make([]float32, p.Len()))
	}
	if c.EMA > 0 {
		for _, p := range params {
			o.ema = append(o.ema, append([]float32(nil), p.Data()...))
		}
	}
	return o
}

// gradientNorm is the Euclidean norm of all gradients together. Its order of summation is that of the parameters.
func gradientNorm(grads []*gorgonia.Node) float64 {
	var sum float64
	for _, g := range grads {
		sum += kernel.SumSquares(nn.Data(g))
	}
	return math.Sqrt(sum)
}

// clipFactor is what a gradient of the given norm is multiplied with so that its norm is at most limit; limit 0 is none.
func clipFactor(norm, limit float64) float64 {
	if limit == 0 || norm <= limit {
		return 1
	}
	return limit / norm
}

// update makes one step with learning rate lr; gradients have the given norm.
func (o *optimiser) update(grads []*gorgonia.Node, norm, lr float64) {
	o.step++
	h := kernel.AdamWStep{
		LR: lr, Beta1: adamBeta1, Beta2: adamBeta2, Eps: adamEps,
		GradScale: clipFactor(norm, o.config.Clip), EMA: emaDecay(o.config.EMA, o.step), Step: o.step,
	}
	for i, p := range o.params {
		h.WeightDecay = 0
		if p.Decay {
			h.WeightDecay = o.config.WeightDecay
		}
		var ema []float32
		if o.ema != nil {
			ema = o.ema[i]
		}
		kernel.AdamW(p.Data(), nn.Data(grads[i]), o.m[i], o.v[i], ema, h)
	}
}

// swap exchanges the weights with their running mean, in place: graphs over the parameters then compute with the other. Without a running mean it does nothing.
func (o *optimiser) swap() {
	for i, mean := range o.ema {
		w := o.params[i].Data()
		for j := range w {
			w[j], mean[j] = mean[j], w[j]
		}
	}
}

// averaged is the weights to evaluate and save for parameter i: the running mean where there is one.
func (o *optimiser) averaged(i int) []float32 {
	if o.ema != nil {
		return o.ema[i]
	}
	return o.params[i].Data()
}
