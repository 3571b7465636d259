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
	// Name is the experiment's, Dir the folder of all experiments.
	Name, Dir string
	// Command are the words of a liptrack sweep that does the whole; shards are appended to it.
	Command []string
	// Environment are the settings of the environment, NAME=value, that the sweep was read with.
	Environment []string
	// List identifies the runs, so that every shard does the same.
	List   string
	Shards int
	// CPUs is the number of processors of a shard, and of the runs that it does at a time.
	CPUs int
}

// submittedFolder is in the folder of an experiment; outputFile is the name in it of what a shard
// prints, by the first shard of its array and its number in there.
const (
	submittedFolder = "submitted"
	outputFile      = "from-%d-task-%d.out"
)

// Folder returns the folder that has what was submitted and what the shards print.
func (j Job) Folder() string {
	return filepath.Join(j.Dir, j.Name, submittedFolder)
}

// shard returns the words of the command of a shard. The last has the shard's number, which a
// scheduler finds in an expression.
func (j Job) shard(index string) []string {
	return slices.Concat(j.Command, []string{
		"--list", j.List, "--workers", fmt.Sprint(j.CPUs), "--quiet",
		"--shard", fmt.Sprintf("%s/%d", index, j.Shards),
	})
}

// Quote writes a word as a shell takes it.
func Quote(word string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+,./:@%"
	if word != "" && strings.Trim(word, plain) == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// Slurm is what Slurm needs to know of a job.
type Slurm struct {
	// Time, Memory and Partition are as sbatch takes them; empty for the site's defaults.
	Time, Memory, Partition string
	// AtOnce is the largest number of shards at a time; 0 for any.
	AtOnce int
	// Options are further ones of sbatch, "--account=x".
	Options []string
	// WorkDir is where the shards are started.
	WorkDir string
	// MaxArray is the site's MaxArraySize: the largest index of an array is one less.
	MaxArray int
}

// Script is a file for sbatch.
type Script struct {
	Path, Text string
}

// Scripts writes the batch scripts of a job: one, or several where the site's arrays are too small.
func (s Slurm) Scripts(j Job) ([]Script, error) {
	for _, text := range append([]string{s.Time, s.Memory, s.Partition, s.WorkDir}, s.Options...) {
		if strings.ContainsAny(text, "\n\r") {
			return nil, fmt.Errorf("%.40q has more than one line, and a script has an option on each",
				text)
		}
	}

	if s.MaxArray < 1 {
		return nil, fmt.Errorf("MaxArraySize is %d, must be 1 or more", s.MaxArray)
	}

	var scripts []Script
	// Indices within an array begin at 0, as sites limit the index, not the number of tasks.
	for first := 0; first < j.Shards; first += s.MaxArray {
		words := j.shard(fmt.Sprintf("$((%d + SLURM_ARRAY_TASK_ID))", first))
		// A shell computes the last one.
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

// outputOf returns the name of what the shards of an array print, in which Slurm puts their
// numbers.
func outputOf(first int) string {
	return strings.Replace(fmt.Sprintf(outputFile, first, 0), "task-0", "task-%a", 1)
}

// slurmScript does a shard. Before its time limit the shard gets SIGUSR1, saves and exits with 75;
// the task is then put back into the queue and goes on. After scancel it is not.
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

# A trap ends wait, so it is waited for again until the shard has ended.
wait "$shard"
status=$?
while kill -0 "$shard" 2>/dev/null; do
	wait "$shard"
	status=$?
done

if [ "$status" = 75 ] && [ -n "$requeue" ]; then
	scontrol requeue "${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}"
	sleep 30 # Slurm ends this task and queues it anew
fi
exit "$status"
`))
