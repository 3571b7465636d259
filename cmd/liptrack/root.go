package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/liptrack/liptrack/experiments"
	"github.com/liptrack/liptrack/internal/input"
	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/wholefile"
)

// run executes a command line. Results go to stdout, progress and errors to stderr.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	root := rootCommand()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(plain{stderr})
	cmd, err := root.ExecuteContextC(ctx)
	return explainError(cmd, args, err)
}

// plain is a writer that replaces terminal control sequences, which names of files in messages
// could contain. All output goes through it except intended colours and bars.
type plain struct{ to io.Writer }

// Write implements io.Writer.
func (p plain) Write(text []byte) (int, error) {
	_, err := io.WriteString(p.to, input.PrintableLines(string(text)))
	if err != nil {
		return 0, err
	}
	return len(text), nil
}

// isNews reports whether this user has not seen a hint before, and records it as seen. If that
// fails, the hint is news every time.
func isNews(hint string) bool {
	cache, err := os.UserCacheDir()
	if err != nil {
		return true
	}

	path := filepath.Join(cache, "liptrack", "hint")
	given, err := input.ReadText(path)
	if err == nil && string(given) == hint {
		return false
	}

	if os.MkdirAll(filepath.Dir(path), 0o755) == nil {
		// If that fails, the hint is shown again.
		_ = wholefile.WriteBytes(path, []byte(hint))
	}
	return true
}

func rootCommand() *cobra.Command {
	// Help lists commands in the order in which they are typically used.
	cobra.EnableCommandSorting = false
	root := &cobra.Command{
		Use:   "liptrack",
		Short: "Track the Lipschitz constant of neural networks while they train",
		Long: `liptrack trains neural networks. At the end of every epoch it measures how much the output can
change when the input changes a little: spectral norms of the layers, norms of the Jacobian over
the data (a lower bound on the Lipschitz constant), and certified upper bounds. Experiments are YAML
files. Each run writes its series of measurements, its checkpoints and one HTML page that opens
offline.`,
		Example: `  liptrack train quick                               train one small network and write its report
  liptrack sweep demo                                the double descent of the bounds over width
  liptrack train quick model.hidden='[256]' seed=7
  liptrack init mine.yaml                            write an experiment file to start from
  liptrack list configs`,
		Version:           experiments.Versions()["liptrack"],
		SilenceUsage:      true,
		SilenceErrors:     true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}

	root.SetHelpCommandGroupID("about")

	var blas string
	root.PersistentFlags().StringVar(&blas, "blas", linalg.AutoBLAS,
		`matrix library: "auto" for the fastest found, "gonum" for pure Go, or the path of a shared library`)
	completeFlag(root, "blas", completeFrom(linalg.AutoBLAS, linalg.GonumBLAS))

	// This runs before every command, after its flags are parsed.
	root.PersistentPreRunE = func(cmd *cobra.Command, args []string) error {
		if err := refuseEmpty(cmd, args); err != nil {
			return err
		}

		if err := refusePlaces(cmd); err != nil {
			return err
		}

		// The library must be chosen before any computation, since results depend on its kernels.
		b := linalg.UseBLAS(blas)
		if blas != linalg.AutoBLAS && blas != linalg.GonumBLAS && b.Path != blas {
			return fmt.Errorf("--blas: %s", b.Hint)
		}

		// The hint matters only to users who wait for training, and is shown once.
		quiet, _ := cmd.Flags().GetBool("quiet")
		trains := slices.Contains([]string{"train", "sweep", "work", "reproduce"}, cmd.Name())
		if b.Hint != "" && !quiet && trains && isNews(b.Hint) {
			cmd.PrintErrln(b.Hint)
		}

		return nil
	}

	addCommands(root, "train", "Train and track:",
		initCommand(),
		trainCommand(),
		sweepCommand(),
		reproduceCommand(),
	)
	addCommands(root, "look", "Look at results:",
		reportCommand(),
		showCommand(),
		summaryCommand(),
		exportCommand(),
		watchCommand(),
	)
	addCommands(root, "own", "Audit and track networks trained elsewhere:",
		auditCommand(),
		trackCommand(),
	)
	addCommands(root, "machines", "Sweeps on several machines:",
		submitCommand(),
		serveCommand(),
		workCommand(),
		statusCommand(),
	)
	addCommands(root, "about", "About the program:",
		listCommand(),
		versionCommand(),
		manCommand(),
	)

	// These visit all commands, so they must come after all have been added.
	readDecimals(root)
	explainUsage(root)
	wrapFlags(root)
	completeFlags(root)

	return root
}

// addCommands adds a group of commands that help lists together, in this order.
func addCommands(root *cobra.Command, id, title string, commands ...*cobra.Command) {
	root.AddGroup(&cobra.Group{ID: id, Title: title})
	for _, cmd := range commands {
		cmd.GroupID = id
	}

	root.AddCommand(commands...)
}
