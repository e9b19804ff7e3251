package nn

import (
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/eddy-pde/eddy/internal/kernel"
)

// scalarOf is x in the given element type.
func scalarOf(dt tensor.Dtype, x float64) any {
	if dt == tensor.Float32 {
		return float32(x)
	}
	return x
}

// ScalarValue is the value of a scalar node, a loss for instance, after a run. It panics if the node holds no scalar.
func ScalarValue(n *gorgonia.Node) float64 {
	switch v := n.Value().(type) {
	case *gorgonia.F32:
		return float64(*v)
	case *gorgonia.F64:
		return float64(*v)
	}
	panic(fmt.Errorf("nn: node %v holds a %T, expected a scalar", n, n.Value()))
}

// Data is the memory of a float32 node after a run, row-major. It panics if the node holds anything else.
func Data(n *gorgonia.Node) []float32 {
	v, ok := n.Value().(*tensor.Dense)
	if !ok || v.Dtype() != tensor.Float32 {
		panic(fmt.Errorf("nn: node %v holds a %T, expected a float32 tensor", n, n.Value()))
	}
	return elements[float32](v)
}

func convert[T, S kernel.Float](dst []T, src []S) {
	for i, v := range src {
		dst[i] = T(v)
	}
}
