package config_test

import (
	"fmt"

	"github.com/eddy-pde/eddy/internal/config"
)

// A misspelt key is an error that names the line and the key that was probably meant.
func ExampleDecode() {
	var c struct {
		Optim struct {
			LR  float64 `toml:"lr"`
			EMA float64 `toml:"ema"`
		} `toml:"optim"`
	}
	_, err := config.Decode("run.toml", []byte("[optim]\nlr = 1e-3\nemma = 0.99\n"), &c)
	fmt.Println(err)

	set, _ := config.ParseOverrides([]string{"optim.lr=3e-4"})
	_, err = config.Decode("run.toml", []byte("[optim]\nlr = 1e-3\nema = 0.99\n"), &c, set...)
	fmt.Println(c.Optim.LR, c.Optim.EMA, err)
	// Output:
	// config: run.toml:3: unknown key "optim.emma", the nearest known key is "optim.ema"
	// 0.0003 0.99 <nil>
}
