package main

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/liptrack/liptrack/audit"
	"github.com/liptrack/liptrack/audit/report"
	"github.com/liptrack/liptrack/experiments"
	"github.com/liptrack/liptrack/export"
	"github.com/liptrack/liptrack/internal/input"
	"github.com/liptrack/liptrack/tracker/series"
)

// origin returns the command, version and files from which a report is made.
func (f auditFlags) origin(
	cmd *cobra.Command,
	model string,
	o audit.Options,
) (*report.Origin, error) {
	origin := &report.Origin{
		Date:     time.Now().UTC().Format(time.RFC3339),
		Version:  experiments.Versions()["liptrack"],
		Command:  givenCommand(cmd),
		Seed:     o.Seed,
		Thorough: o.Thorough,
	}

	for _, file := range []report.File{
		{Role: "model", Path: model}, {Role: "data", Path: f.data.data}, {Role: "scale", Path: f.scale},
		{Role: "tolerance", Path: f.each}, {Role: "thresholds", Path: f.thresholds},
	} {
		info, err := os.Stat(file.Path)
		// The flag is not set, or holds the name of a data set or numbers.
		if err != nil || !info.Mode().IsRegular() {
			continue
		}

		if file.SHA256, err = sha256Of(file.Path); err != nil {
			return nil, fmt.Errorf("%s: %w", file.Role, err)
		}

		origin.Files = append(origin.Files, file)
	}

	return origin, nil
}

// givenCommand returns the command line of the audit as the user typed it.
func givenCommand(cmd *cobra.Command) string {
	if len(os.Args) < 2 || os.Args[1] != cmd.Name() { // in a test
		return cmd.CommandPath()
	}
	return commandLine(append([]string{"liptrack"}, os.Args[1:]...))
}

// sha256Of returns the SHA-256 of a file in hexadecimal.
func sha256Of(path string) (string, error) {
	f, err := input.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// writeSamples writes a CSV table with one row per audited sample.
func writeSamples(w io.Writer, r *report.Report) error {
	head := []string{"row", "jacobian_norm"}
	// The columns depend on the task, so that the table of a regression has no empty columns.
	if r.Decisions != nil {
		head = append(head, "class", "label", "margin", "certified_size", "flip_size", "flip_to")
	}

	rows := [][]string{head}
	for _, s := range r.All {
		row := []string{strconv.Itoa(s.Row), exactNumber(s.Norm)}
		if d := s.Decision; d != nil {
			row = append(
				row,
				className(r.Data, &d.Class),
				className(r.Data, d.Label),
				exactNumber(s.Margin),
				exactNumber(d.Safe),
				exactNumber(d.Flip),
				className(r.Data, d.FlipTo),
			)
		}

		rows = append(rows, row)
	}

	return csv.NewWriter(w).WriteAll(rows)
}

// exactNumber formats a number so that it reads back exactly, and a non-finite number as "".
func exactNumber(v series.Float) string {
	if f := float64(v); f-f == 0 {
		return strconv.FormatFloat(f, 'g', -1, 64)
	}
	return ""
}

// className returns the name of a class, guarded against being read as a formula, or "" for nil.
func className(d report.Data, class *int) string {
	if class == nil {
		return ""
	}
	return export.Guarded(d.ClassName(*class))
}
