package cluster

import (
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/liptrack/liptrack/internal/input"
)

const (
	// mostLast is the number of last lines shown for a failure.
	mostLast = 5
	// longestEnd is the number of bytes read from the end of a file.
	longestEnd = 4 << 10
)

// lastLines returns the last non-blank lines of the texts, made safe to print on a terminal.
func lastLines(texts ...string) []string {
	var lines []string
	for line := range strings.SplitSeq(input.Message(strings.Join(texts, "\n")), "\n") {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines[max(0, len(lines)-mostLast):]
}

// printedBy returns the output files that Slurm wrote for the shards of an experiment, by shard.
func printedBy(fsys fs.FS, experiment string) map[int]string {
	files := map[int]string{}
	submitted := path.Join(experiment, submittedFolder)
	entries, err := fs.ReadDir(fsys, submitted)
	if err != nil {
		return files // nothing was submitted here
	}

	for _, e := range entries {
		var first, task int
		_, err := fmt.Sscanf(e.Name(), outputFile, &first, &task)
		if err == nil && e.Name() == fmt.Sprintf(outputFile, first, task) {
			files[first+task] = path.Join(submitted, e.Name())
		}
	}

	return files
}

// endOf returns the end of a text file, or "" if it cannot be read.
func endOf(fsys fs.FS, name string) string {
	info, err := fs.Stat(fsys, name)
	if err != nil || !info.Mode().IsRegular() {
		return ""
	}

	file, err := fsys.Open(name)
	if err != nil {
		return ""
	}

	defer file.Close()

	if at, ok := file.(io.ReaderAt); ok {
		start := max(0, info.Size()-longestEnd)
		end, _ := io.ReadAll(io.NewSectionReader(at, start, longestEnd))
		return string(end)
	}

	return ""
}
