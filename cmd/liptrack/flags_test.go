package main

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Every text flag of every command rejects an empty value, as an unset variable in a script
// produces.
func TestEmptyFlagsAreRefused(t *testing.T) {
	tried := 0
	var walk func(cmd *cobra.Command, path []string)
	walk = func(cmd *cobra.Command, path []string) {
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if f.Value.Type() == "bool" {
				return
			}
			tried++
			args := append(append([]string{}, path...), arguments(cmd)...)
			if len(args) == 0 {
				args = []string{"version"} // flags of all commands
			}
			_, _, err := liptrack(t, append(args, "--"+f.Name, "")...)
			if err == nil || !strings.Contains(err.Error(), f.Name) {
				t.Errorf("%s --%s \"\": %v", strings.Join(path, " "), f.Name, err)
			}
		})
		for _, sub := range cmd.Commands() {
			walk(sub, append(append([]string{}, path...), sub.Name()))
		}
	}

	walk(rootCommand(), nil)
	if tried < 30 {
		t.Errorf("tried %d flags only", tried)
	}
}

// arguments returns as many arguments as a command takes.
func arguments(cmd *cobra.Command) []string {
	if cmd.Name() == "list" {
		return []string{"metrics"}
	}
	if cmd.Args != nil && cmd.Args(cmd, nil) != nil {
		return []string{"configs/quick.yaml"}
	}
	return nil
}

func TestEmptyWordsAreRefused(t *testing.T) {
	for _, args := range [][]string{
		{"train", ""}, {"train", "configs/quick.yaml", ""}, {"show", ""}, {"report", ""}, {"watch", ""}, {"audit", ""},
		{"audit", "x.npz", "--arrays", "x,"}, {"summary", "runs", "--arrays"},
	} {
		_, _, err := liptrack(t, args...)
		if err == nil {
			t.Errorf("%q: no error", args)
		}
	}

	_, _, err := liptrack(t, "audit", "x.npz", "--arrays", "x,")
	if err == nil || err.Error() != "--arrays has an empty value: give a value, or omit the flag" {
		t.Error(err)
	}
}

func TestZeroPaddedFlags(t *testing.T) {
	for text, want := range map[string]string{"010": "10", "08": "8", "0": "0", "000": "0", "+5": "5"} {
		root := rootCommand()
		sweep, _, err := root.Find([]string{"sweep"})
		if err != nil {
			t.Fatal(err)
		}
		if err := sweep.Flags().Set("max-runs", text); err != nil {
			t.Fatal(err)
		}
		if got := sweep.Flags().Lookup("max-runs").Value.String(); got != want {
			t.Errorf("--max-runs %s is %s, want %s", text, got, want)
		}
	}
}

// Every numeric flag of every command accepts only decimal digits, with an error message of its
// own.
func TestFlagsTakeDecimalNumbers(t *testing.T) {
	tried := 0
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			kind := strings.TrimSuffix(f.Value.Type(), "Slice")
			if kind == "string" || kind == "stringArray" || kind == "bool" {
				return
			}

			tried++
			for _, text := range []string{"0x10", "0b1", "1_0", "0o7", "0x1p3", "nan", "inf", "1e999", "abc", "-", "1,0x2"} {
				err := f.Value.Set(text)
				if err == nil || strings.Contains(err.Error(), "strconv") {
					t.Errorf("%s --%s %s: %v", cmd.CommandPath(), f.Name, text, err)
				}
			}
			decimal := "01"
			if kind == "duration" {
				decimal = "01s"
			}
			err := f.Value.Set(decimal)
			if err != nil {
				t.Errorf("%s --%s 01: %v", cmd.CommandPath(), f.Name, err)
			}
		})
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk(rootCommand())
	if tried < 15 {
		t.Errorf("tried %d flags only", tried)
	}

	for _, args := range [][]string{
		{"sweep", "quick", "--workers", "x"}, {"sweep", "quick", "--dry-run=x"}, {"audit", "m.npz", "--rows", "1,x"},
		{"reproduce", "--budget", "hours=0x10"}, {"reproduce", "--budget", "hours=inf"}, {"show", "runs", "--json="},
	} {
		_, _, err := liptrack(t, args...)
		if err == nil || strings.Contains(err.Error(), "strconv") || strings.Contains(err.Error(), "no such") {
			t.Errorf("%q: %v", args, err)
		}
	}
}

// TestHelpShowsNoValuesOfSwitches covers boolean flags, including cobra's own.
func TestHelpShowsNoValuesOfSwitches(t *testing.T) {
	var look func(cmd *cobra.Command)
	look = func(cmd *cobra.Command) {
		if usage := cmd.UsageString(); strings.Contains(usage, "true|false") {
			t.Errorf("%s shows %s", cmd.CommandPath(), usage)
		}
		for _, sub := range cmd.Commands() {
			look(sub)
		}
	}
	look(rootCommand())
}

// TestHelpFitsTerminals reads the help of every command if the width of the terminal is unknown.
func TestHelpFitsTerminals(t *testing.T) {
	for _, cmd := range append(rootCommand().Commands(), rootCommand()) {
		help, _, err := liptrack(t, append(strings.Fields(cmd.CommandPath())[1:], "--help")...)
		if err != nil {
			t.Fatal(err)
		}

		for line := range strings.Lines(help) {
			if columns := utf8.RuneCountInString(strings.TrimRight(line, "\n")); columns > helpColumns {
				t.Errorf("%s: a line of help has %d columns, more than %d: %s", cmd.CommandPath(), columns, helpColumns, line)
			}
		}
	}
}
