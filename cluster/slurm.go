package cluster

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"text/template"
)

// Job is a sweep for a scheduler.
type Job struct {
	// Name is the name of the experiment and Dir the folder of all experiments.
	Name, Dir string
	// Command holds the words of the liptrack sweep command for the whole sweep, to which the shard
	// is appended.
	Command []string
	// Environment holds the variables, NAME=value, with which the configuration was read.
	Environment []string
	// List is a hash of the runs, by which shards check that they belong to the same sweep.
	List   string
	Shards int
	// CPUs is the number of processors of a shard, and the number of runs it does at a time.
	CPUs int
}

// submittedFolder is the subfolder of an experiment with the submitted scripts. outputFile is the
// format of the names of the shards' output files in it: the first shard of the array and the index
// in the array.
const (
	submittedFolder = "submitted"
	outputFile      = "from-%d-task-%d.out"
)

// Folder returns the folder with the submitted scripts and the output of the shards.
func (j Job) Folder() string {
	return filepath.Join(j.Dir, j.Name, submittedFolder)
}

// shard returns the words of the command of a shard. The last word contains index, an expression
// that the scheduler expands to the number of the shard.
func (j Job) shard(index string) []string {
	return slices.Concat(j.Command, []string{
		"--list", j.List, "--workers", fmt.Sprint(j.CPUs), "--quiet",
		"--shard", fmt.Sprintf("%s/%d", index, j.Shards),
	})
}

// Quote quotes a word for a shell, if necessary.
func Quote(word string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+,./:@%"
	if word != "" && strings.Trim(word, plain) == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// Slurm holds the settings for a job on Slurm.
type Slurm struct {
	// Time, Memory and Partition are in sbatch notation; empty for the site's defaults.
	Time, Memory, Partition string
	// AtOnce limits the number of shards at a time; 0 for no limit.
	AtOnce int
	// Options are further options of sbatch, such as "--account=x".
	Options []string
	// WorkDir is the working folder of the shards.
	WorkDir string
	// MaxArray is the site's MaxArraySize, which is one more than the largest index of an array.
	MaxArray int
}

// Script is a batch script to submit with sbatch.
type Script struct {
	Path, Text string
}

// Scripts returns the batch scripts of a job: one, or several if the site's arrays are too small.
// It fails if an option has more than one line.
func (s Slurm) Scripts(j Job) ([]Script, error) {
	for _, text := range append([]string{s.Time, s.Memory, s.Partition, s.WorkDir}, s.Options...) {
		if strings.ContainsAny(text, "\n\r") {
			return nil, fmt.Errorf("%.40q has more than one line; a script takes one option per line",
				text)
		}
	}

	if s.MaxArray < 1 {
		return nil, fmt.Errorf("MaxArraySize is %d; it must be 1 or more", s.MaxArray)
	}

	var scripts []Script
	// Every array starts at index 0, because sites limit the index, not the number of tasks.
	for first := 0; first < j.Shards; first += s.MaxArray {
		words := j.shard(fmt.Sprintf("$((%d + SLURM_ARRAY_TASK_ID))", first))
		// The shell evaluates the last word.
		for i, word := range words[:len(words)-1] {
			words[i] = Quote(word)
		}

		var text bytes.Buffer
		err := slurmScript.Execute(&text, map[string]any{
			"Job": j, "Slurm": s, "First": first, "Last": min(s.MaxArray, j.Shards-first) - 1,
			"Output":  filepath.Join(j.Folder(), outputOf(first)),
			"WorkDir": Quote(s.WorkDir),
			"Command": strings.Join(words, " "),
		})

		if err != nil {
			return nil, err
		}

		path := filepath.Join(j.Folder(), fmt.Sprintf("slurm-from-%d.sh", first))
		scripts = append(scripts, Script{path, text.String()})
	}

	return scripts, nil
}

// outputOf returns the pattern of the output files of an array, in which Slurm inserts the index.
func outputOf(first int) string {
	return strings.Replace(fmt.Sprintf(outputFile, first, 0), "task-0", "task-%a", 1)
}

// slurmScript runs a shard. Before its time limit the shard receives SIGUSR1, saves and exits with
// status 75; the task is then requeued and resumes later. After scancel it is not requeued.
var slurmScript = template.Must(template.New("slurm").Funcs(template.FuncMap{"quote": Quote}).Parse(`#!/bin/bash
#SBATCH --job-name={{.Job.Name}}
#SBATCH --array=0-{{.Last}}{{if .Slurm.AtOnce}}%{{.Slurm.AtOnce}}{{end}}
#SBATCH --cpus-per-task={{.Job.CPUs}}
{{- if .Slurm.Time}}
#SBATCH --time={{.Slurm.Time}}
{{- end}}
{{- if .Slurm.Memory}}
#SBATCH --mem={{.Slurm.Memory}}
{{- end}}
{{- if .Slurm.Partition}}
#SBATCH --partition={{.Slurm.Partition}}
{{- end}}
#SBATCH --output={{.Output}}
#SBATCH --open-mode=append
#SBATCH --requeue
#SBATCH --signal=B:USR1@60
{{- range .Slurm.Options}}
#SBATCH {{.}}
{{- end}}

cd {{.WorkDir}} || exit 4
{{- range .Job.Environment}}
export {{quote .}}
{{- end}}

{{.Command}} &
shard=$!
requeue=
trap 'requeue=yes; kill -USR1 "$shard" 2>/dev/null' USR1
trap 'kill -TERM "$shard" 2>/dev/null' TERM INT

# A trap interrupts wait, so the script waits again until the shard has ended.
wait "$shard"
status=$?
while kill -0 "$shard" 2>/dev/null; do
	wait "$shard"
	status=$?
done

if [ "$status" = 75 ] && [ -n "$requeue" ]; then
	scontrol requeue "${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}"
	sleep 30 # Slurm ends this task and requeues it
fi
exit "$status"
`))
