//go:build !amd64 || noasm

package kernel

func detect() Level { return Go }

var (
	tiles32 map[Level]*tiles[float32]
	tiles64 map[Level]*tiles[float64]
)
