package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/liptrack/liptrack/cluster"
	"github.com/liptrack/liptrack/experiments"
	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/internal/input"
	"github.com/liptrack/liptrack/internal/wholefile"
)

// submission is the flags that every scheduler takes.
type submission struct {
	dir           string
	maxRuns       int
	quick, dryRun bool
	shards, cpus  int
	atOnce        int
	maxFailures   int
	beside        string // the folder of CONFIG, where data may be; no flag
}

// mostShards is how many shards there are unless the user says otherwise, if there are runs enough:
// as many jobs as few sites refuse.
const mostShards = 100

func submitCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "submit",
		Short: "Hand a sweep to a scheduler: Slurm or Kubernetes",
		Long: `Write what a scheduler needs to do a sweep in shards on many machines, and submit it. The machines
share the folder of the runs. "liptrack status" then says how far they are, and submitting the same
again goes on with what is left. docs/cluster.md leads through it.`,
		Example: "  liptrack submit slurm configs/paper/depth.yaml --shards 8 --time 4:00:00",
	}
	cmd.AddCommand(submitSlurmCommand(), submitKubernetesCommand())
	return cmd
}

// register adds the flags to a command.
func (s *submission) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&s.dir, "dir", "runs", "folder of all experiments, which all machines share")
	flags.BoolVar(&s.quick, "quick", false, "the quick form that the file gives")
	flags.IntVar(&s.maxRuns, "max-runs", config.DefaultMaxRuns, "most runs that a sweep may have")

	flags.IntVar(
		&s.shards,
		"shards",
		0,
		fmt.Sprintf("parts of the sweep (default one for each run, %d at most)", mostShards),
	)
	flags.IntVar(&s.cpus, "cpus", 1, "processors of a shard, and runs that it does at a time")
	flags.IntVar(&s.atOnce, "array-limit", 0, "shards at a time (default all)")
	flags.IntVar(
		&s.maxFailures,
		"max-failures-in-row",
		3,
		"a shard stops after so many runs in a row have failed",
	)
	flags.BoolVar(&s.dryRun, "dry-run", false, "print what would be submitted, and do nothing")
}

// job reads a sweep and freezes it. Started in another folder, or later, or with another
// environment, it is to be the same.
func (s *submission) job(args []string) (cluster.Job, error) {
	e, err := loadConfig(args[0], config.Options{
		Environment: os.Environ(),
		Arguments:   args[1:],
		Quick:       s.quick,
		MaxRuns:     s.maxRuns,
	})

	if err != nil {
		return cluster.Job{}, err
	}

	// As many shards as runs spread a sweep best, up to what sites allow in an array.
	if s.shards == 0 {
		s.shards = mostShards
	}

	// A shard beyond the runs would have nothing to do.
	s.shards = min(s.shards, len(e.Runs))

	if s.shards < 1 || s.cpus < 1 || s.atOnce < 0 || s.maxFailures < 0 {
		return cluster.Job{}, fmt.Errorf(
			"--shards %d and --cpus %d must be 1 or more, --array-limit %d and --max-failures-in-row %d 0 or more",
			s.shards,
			s.cpus,
			s.atOnce,
			s.maxFailures,
		)
	}

	s.beside = e.Runs[0].Dir
	j := cluster.Job{
		Name:    e.Name,
		Dir:     s.dir,
		List:    experiments.ListHash(e.Runs),
		Shards:  s.shards,
		CPUs:    s.cpus,
		Command: append([]string{"liptrack", "sweep", args[0]}, args[1:]...),
	}

	j.Command = append(
		j.Command,
		"--dir",
		s.dir,
		"--max-runs",
		strconv.Itoa(s.maxRuns),
		"--max-failures-in-row",
		strconv.Itoa(s.maxFailures),
	)
	if s.quick {
		j.Command = append(j.Command, "--quick")
	}

	// Variables that set keys are part of the sweep, and the scheduler's jobs may have others.
	for _, setting := range os.Environ() {
		if strings.HasPrefix(setting, "LIPTRACK_") {
			j.Environment = append(j.Environment, setting)
		}
	}

	return j, nil
}

// freeze copies the configuration to where the job keeps it, and has the job read that, with the
// data where they are.
func (s *submission) freeze(j *cluster.Job) error {
	// The user may edit the file while shards wait in the queue.
	text, err := readConfig(j.Command[2])
	if err != nil {
		return err
	}

	// A configuration of the program's has no folder with data beside it.
	if s.beside != "" {
		j.Command = append(j.Command, "--beside", s.beside)
	}

	path := filepath.Join(j.Folder(), "config.yaml")
	if err := writeFile(path, string(text)); err != nil {
		return err
	}
	j.Command[2] = path
	return nil
}

// writeFile replaces a file in a folder that is made if need be.
func writeFile(path, text string) error {
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err != nil {
		return err
	}
	return wholefile.WriteBytes(path, []byte(text))
}

func submitSlurmCommand() *cobra.Command {
	var s submission
	var slurm cluster.Slurm
	cmd := &cobra.Command{
		Use:               "slurm CONFIG [key=value …]",
		ValidArgsFunction: completeConfig,
		Short:             "Submit a sweep to Slurm as an array of shards",
		Long: `Write batch scripts and a copy of CONFIG into DIR/<experiment>/submitted and submit them: an array
with a task for each shard, or several arrays where the site's MaxArraySize is too small. A minute
before its time limit a shard saves and is queued again; what it prints goes to a file for each
shard beside the scripts. The program must be found under the same path on every machine.`,
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
	flags.StringVar(&slurm.Time, "time", "", "time limit of a shard, as sbatch takes it")
	flags.StringVar(&slurm.Memory, "mem", "", "memory of a shard, as sbatch takes it")
	flags.StringVar(&slurm.Partition, "partition", "", "partition of the cluster")
	flags.StringArrayVar(
		&slurm.Options,
		"sbatch",
		nil,
		"any other option of sbatch; may be repeated",
	)

	return cmd
}

// prepareSlurm freezes the sweep and finds out about this place.
func (s *submission) prepareSlurm(ctx context.Context, j *cluster.Job, slurm *cluster.Slurm) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}

	folder, err := os.Getwd()
	if err != nil {
		return err
	}

	// A dry run writes nothing, so it shows the configuration under its own name.
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

var maxArraySizeLine = regexp.MustCompile(`(?m)^MaxArraySize\s*=\s*(\d+)`)

// maxArraySize asks Slurm how large arrays may be; where nothing answers, Slurm's default counts.
func maxArraySize(ctx context.Context) int {
	const usual = 1001
	out, err := exec.CommandContext(ctx, "scontrol", "show", "config").Output()
	if err != nil {
		return usual
	}
	found := maxArraySizeLine.FindSubmatch(out)
	if found != nil {
		n, err := strconv.Atoi(string(found[1]))
		if err == nil && n > 0 {
			return n
		}
	}
	return usual
}

// jobNumber is what sbatch prints: a number, and behind a semicolon the cluster where it is not
// this one.
var jobNumber = regexp.MustCompile(`^\d+(;\S+)?$`)

// submitScript writes a script, hands it to sbatch and prints the number of the job.
func submitScript(cmd *cobra.Command, script cluster.Script) error {
	err := writeFile(script.Path, script.Text)
	if err != nil {
		return err
	}

	// With --parsable sbatch prints the number alone.
	sbatch := exec.CommandContext(cmd.Context(), "sbatch", "--parsable", script.Path)
	sbatch.Stderr = cmd.ErrOrStderr()
	out, err := sbatch.Output()
	if cause := cmd.Context().Err(); cause != nil {
		return fmt.Errorf("sbatch %s did not answer in time, and squeue tells whether the job is queued: %w",
			script.Path, cause)
	}
	if err != nil {
		return fmt.Errorf("sbatch %s: %w", script.Path, err)
	}

	number := strings.TrimSpace(string(out))
	if !jobNumber.MatchString(number) {
		return fmt.Errorf("sbatch %s printed %s, want the number of a job: squeue tells whether it is queued",
			script.Path, input.Quote(number))
	}

	fmt.Fprintf(cmd.OutOrStdout(), "job %s, from %s\n", input.Printable(number), script.Path)

	return nil
}

func submitKubernetesCommand() *cobra.Command {
	var s submission
	var k cluster.Kubernetes
	cmd := &cobra.Command{
		Use:               "kubernetes CONFIG [key=value …]",
		ValidArgsFunction: completeConfig,
		Short:             "Submit a sweep to Kubernetes as an Indexed Job",
		Long: `Write an Indexed Job with a pod for each shard and create it with kubectl. The claim is mounted at
` + cluster.MountPath + `; CONFIG and DIR are paths within it, and CONFIG is read here too. A pod whose node goes
away, or that is stopped and saved, is begun again without counting as a failure; a shard whose runs
failed is not begun again.`,
		Example: `  liptrack submit kubernetes configs/demo.yaml --image example.org/liptrack:1 --claim runs --shards 16
  liptrack submit kubernetes configs/demo.yaml --image liptrack:1 --claim runs --dry-run`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			j, err := s.job(args)
			if err != nil {
				return err
			}
			if filepath.IsAbs(j.Dir) || filepath.IsAbs(args[0]) {
				return fmt.Errorf(
					"CONFIG and --dir are paths within the claim, and neither %s nor %s may begin with a slash",
					args[0],
					j.Dir,
				)
			}
			k.AtOnce = s.atOnce
			manifest, err := k.Manifest(j)
			if err != nil {
				return err
			}
			if s.dryRun {
				_, err := cmd.OutOrStdout().Write(manifest)
				return err
			}
			// kubectl create, and not apply: a job of the same name that is under way is not
			// touched.
			create := exec.CommandContext(cmd.Context(), "kubectl", "create", "-f", "-")
			create.Stdin = bytes.NewReader(manifest)
			create.Stdout, create.Stderr = cmd.OutOrStdout(), cmd.ErrOrStderr()
			if err := create.Run(); err != nil {
				return fmt.Errorf("kubectl create: %w", err)
			}
			return nil
		},
	}

	s.register(cmd)
	flags := cmd.Flags()
	flags.StringVar(&k.Image, "image", "", "image that has liptrack as its entry point")
	flags.StringVar(
		&k.Claim,
		"claim",
		"",
		"persistent volume claim with the configuration and the runs",
	)
	flags.StringVar(&k.Namespace, "namespace", "", "namespace (default kubectl's)")
	flags.StringVar(&k.Memory, "mem", "", "memory of a pod, as Kubernetes takes it")
	flags.IntVar(
		&k.Retries,
		"retries",
		2,
		"times that a shard is begun again that ended without saying why",
	)

	return cmd
}
