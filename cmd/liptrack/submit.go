package main

import (
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

// submission holds the flags common to all schedulers.
type submission struct {
	dir           string
	maxRuns       int
	quick, dryRun bool
	shards, cpus  int
	atOnce        int
	maxFailures   int
	beside        string // the folder of CONFIG, which may have data; not a flag
}

// mostShards is the largest default number of shards. Few sites reject this many jobs.
const mostShards = 100

func submitCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "submit",
		Short: "Submit a sweep to a scheduler: Slurm or Kubernetes",
		Long: `Write the files with which a scheduler runs a sweep in shards on many machines, and submit them. The
machines share the folder of the runs. "liptrack status" then prints their progress. To continue
with the remaining runs, submit the same sweep again. docs/cluster.md has a walk-through.`,
		Example: "  liptrack submit slurm configs/paper/depth.yaml --shards 8 --time 4:00:00",
	}
	cmd.AddCommand(submitSlurmCommand(), submitKubernetesCommand())
	return cmd
}

// register adds the flags to a command.
func (s *submission) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&s.dir, "dir", "runs", "folder for all experiments, shared by all machines")
	flags.BoolVar(&s.quick, "quick", false, "use the quick form that the file defines")
	flags.IntVar(
		&s.maxRuns,
		"max-runs",
		config.DefaultMaxRuns,
		"largest number of runs that a sweep may have",
	)

	flags.IntVar(
		&s.shards,
		"shards",
		0,
		fmt.Sprintf("parts of the sweep (default one per run, at most %d)", mostShards),
	)
	flags.IntVar(&s.cpus, "cpus", 1, "processors of a shard, and its runs at a time")
	flags.IntVar(&s.atOnce, "array-limit", 0, "shards at a time (default all)")
	flags.IntVar(
		&s.maxFailures,
		"max-failures-in-row",
		3,
		"a shard stops after this many failed runs in a row",
	)
	flags.BoolVar(
		&s.dryRun,
		"dry-run",
		false,
		"print what would be submitted, but submit nothing",
	)
}

// job reads a sweep and returns a job that does exactly this sweep, even if it starts later, in
// another folder or with another environment.
func (s *submission) job(args []string) (cluster.Job, error) {
	e, err := loadConfig(args[0], config.Options{
		Arguments: args[1:],
		Quick:     s.quick,
		MaxRuns:   s.maxRuns,
	})

	if err != nil {
		return cluster.Job{}, err
	}

	// One shard per run distributes a sweep best, within the limits of sites.
	if s.shards == 0 {
		s.shards = mostShards
	}

	// Shards without runs would have nothing to do.
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
		Command: append([]string{"liptrack", "sweep"}, args...),
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

	// Variables that set keys are part of the sweep, and jobs may run with other values.
	for _, setting := range os.Environ() {
		if strings.HasPrefix(setting, "LIPTRACK_") {
			j.Environment = append(j.Environment, setting)
		}
	}

	return j, nil
}

// freeze copies the configuration into the job's folder and makes the job read the copy. The data
// stay where they are.
func (s *submission) freeze(j *cluster.Job) error {
	// The user may edit the file while shards wait in the queue.
	text, err := readConfig(j.Command[2])
	if err != nil {
		return err
	}

	// Built-in configurations have no folder with data.
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

// writeFile replaces a file and creates its folder if necessary.
func writeFile(path, text string) error {
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err != nil {
		return err
	}
	return wholefile.WriteBytes(path, []byte(text))
}

var maxArraySizeLine = regexp.MustCompile(`(?m)^MaxArraySize\s*=\s*(\d+)`)

// jobNumber matches the output of sbatch: a number, followed by a semicolon and the cluster if it
// is another one.
var jobNumber = regexp.MustCompile(`^\d+(;\S+)?$`)

// submitScript writes a script, submits it with sbatch and prints the number of the job.
func submitScript(cmd *cobra.Command, script cluster.Script) error {
	err := writeFile(script.Path, script.Text)
	if err != nil {
		return err
	}

	// With --parsable, sbatch prints only the number.
	sbatch := exec.CommandContext(cmd.Context(), "sbatch", "--parsable", script.Path)
	sbatch.Stderr = cmd.ErrOrStderr()
	out, err := sbatch.Output()
	if cause := cmd.Context().Err(); cause != nil {
		return fmt.Errorf("sbatch %s did not answer in time; squeue shows whether the job is queued: %w",
			script.Path, cause)
	}
	if err != nil {
		return fmt.Errorf("sbatch %s: %w", script.Path, err)
	}

	number := strings.TrimSpace(string(out))
	if !jobNumber.MatchString(number) {
		return fmt.Errorf("sbatch %s printed %s, want the number of a job; squeue shows whether it is queued",
			script.Path, input.Quote(number))
	}

	fmt.Fprintf(cmd.OutOrStdout(), "job %s, from %s\n", input.Printable(number), script.Path)

	return nil
}
