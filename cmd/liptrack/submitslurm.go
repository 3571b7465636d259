package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/liptrack/liptrack/cluster"
)

func submitSlurmCommand() *cobra.Command {
	var s submission
	var slurm cluster.Slurm
	cmd := &cobra.Command{
		Use:               "slurm CONFIG [key=value …]",
		ValidArgsFunction: completeConfig,
		Short:             "Submit a sweep to Slurm as an array of shards",
		Long: `Write batch scripts and a copy of CONFIG into DIR/<experiment>/submitted and submit them: an array
with one task per shard, or several arrays if the site's MaxArraySize is too small. A minute before
its time limit, a shard saves and is requeued. The output of each shard goes to a file next to the
scripts. The program must have the same path on every machine.`,
		Example: `  liptrack submit slurm configs/demo.yaml --shards 16 --time 4:00:00 --cpus 4 --mem 8G --array-limit 8
  liptrack submit slurm configs/demo.yaml --partition gpu --sbatch=--account=physics --dry-run`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			j, err := s.job(args)
			if err != nil {
				return err
			}
			if err := s.prepareSlurm(cmd.Context(), &j, &slurm); err != nil {
				return err
			}
			scripts, err := slurm.Scripts(j)
			if err != nil {
				return err
			}
			for _, script := range scripts {
				if s.dryRun {
					fmt.Fprint(cmd.OutOrStdout(), script.Text)
					continue
				}
				err := submitScript(cmd, script)
				if err != nil {
					return err
				}
			}
			return nil
		},
	}

	s.register(cmd)
	flags := cmd.Flags()
	flags.StringVar(&slurm.Time, "time", "", "time limit of a shard, in sbatch notation")
	flags.StringVar(&slurm.Memory, "mem", "", "memory of a shard, in sbatch notation")
	flags.StringVar(&slurm.Partition, "partition", "", "partition of the cluster")
	flags.StringArrayVar(
		&slurm.Options,
		"sbatch",
		nil,
		"any other option of sbatch; may be repeated",
	)

	return cmd
}

// prepareSlurm freezes the sweep and sets the program, the folder and the site's limits.
func (s *submission) prepareSlurm(ctx context.Context, j *cluster.Job, slurm *cluster.Slurm) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}

	folder, err := os.Getwd()
	if err != nil {
		return err
	}

	// A dry run writes nothing, so its scripts use the original configuration.
	slurm.WorkDir, slurm.AtOnce, slurm.MaxArray = folder, s.atOnce, maxArraySize(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}

	// A dry run leaves no copy behind.
	if !s.dryRun {
		if err := s.freeze(j); err != nil {
			return err
		}
	}

	j.Command[0] = program

	return nil
}

// maxArraySize asks Slurm for the size limit of arrays. It returns Slurm's default if there is no
// answer.
func maxArraySize(ctx context.Context) int {
	const usual = 1001
	out, err := exec.CommandContext(ctx, "scontrol", "show", "config").Output()
	if err != nil {
		return usual
	}
	// Sites may raise or lower the limit.
	found := maxArraySizeLine.FindSubmatch(out)
	if found != nil {
		n, err := strconv.Atoi(string(found[1]))
		if err == nil && n > 0 {
			return n
		}
	}
	return usual
}
