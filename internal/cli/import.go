package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/eddy-pde/eddy/internal/config"
	"github.com/eddy-pde/eddy/operators"
	"github.com/eddy-pde/eddy/operators/train"
	"github.com/eddy-pde/eddy/refiner"
)

type importFlags struct {
	kind   string
	config string
	out    string
	set    []string
}

func (a *app) importWeights() *cobra.Command {
	var f importFlags
	kinds := strings.Join(operators.ImportKinds(), ", ")
	cmd := &cobra.Command{
		Use:   "import FILE.safetensors --kind KIND --config CONFIG.toml --out RUN [flags]",
		Short: "make a run of weights from Python",
		Long: `Import takes over the weights of a network that was trained in Python and makes a run of them that rolls out, evaluates and fine-tunes like any other.
FILE.safetensors holds the state dict, which Python writes with

  state = {k: v.contiguous() for k, v in model.state_dict().items() if torch.is_tensor(v)}
  safetensors.torch.save_file(state, "fno.safetensors")

KIND is the origin: neuralop-fno, the FNO of neuraloperator; classic-fno, that of the FNO paper's scripts and of PDEBench; pdearena-unet and pdearena-resnet, the
modern U-Net (with upsampling = "zeros"; of a model of kind refiner it is the base) and the dilated residual network of PDEArena. CONFIG.toml is a config as for training. [model] describes the network;
data.train names a data file, for the fields, the grid and the time step; normalise.kind and objective.target
say how the network's numbers relate to the data: "none" and "state" where it takes and gives physical values itself. zscore and rms are measured on the
data. A tensor that is missing, unknown or of another shape is an error that names it.`,
		Example: `  eddy import fno.safetensors --kind neuralop-fno --config fno.toml --out run
  eddy rollout run --data test.hdf5 --out rollout.hdf5`,
		Args: exactly("FILE.safetensors"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := required(cmd, "kind", "config", "out"); err != nil {
				return err
			}
			return a.runImport(cmd.Context(), args[0], f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.kind, "kind", "", "`KIND` of the state dict: "+kinds)
	flags.StringVar(&f.config, "config", "", "`CONFIG.toml` that describes the network and names its data")
	flags.StringVar(&f.out, "out", "", "`RUN`, the folder to make")
	flags.StringArrayVar(&f.set, "set", nil, "`key=value` in place of the config's; may be repeated")
	return cmd
}

func (a *app) runImport(ctx context.Context, path string, f importFlags) error {
	if !slices.Contains(operators.ImportKinds(), f.kind) {
		return usagef("import: --kind %s, expected %s", f.kind, strings.Join(operators.ImportKinds(), ", "))
	}
	if err := exists(path, wantWeights); err != nil {
		return err
	}
	c, doc, err := readRunConfig(f.config, f.set)
	if err != nil {
		return err
	}
	ds, err := a.openStrided(ctx, c.Data.Train, c.Data.Stride)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("data.train: %w: the data tell an imported network its fields, grid and time step", err)
		}
		return fmt.Errorf("data.train: %w", err)
	}
	spec := c.Data.modelSpec(ds)
	if err := c.Model.validate(spec.Grid.Dims()); err != nil {
		return &usageError{doc.Locate(withTable("model", err))}
	}
	meta, err := train.Describe(ctx, ds, c.Data.History, c.Config)
	if err != nil {
		return err
	}
	if c.Model.isRefiner() {
		err = refiner.Import(f.out, path, f.kind, c.Model.Refiner, meta)
	} else {
		err = operators.Import(f.out, path, f.kind, c.Model.Config, meta)
	}
	if err != nil {
		return err
	}
	if err := config.Write(filepath.Join(f.out, configFile), c); err != nil {
		return err
	}
	fmt.Fprintln(a.out, f.out)
	return nil
}
