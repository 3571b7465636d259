package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// refuseEmpty returns an error for a flag or an argument that is given but empty. Scripts pass
// unset variables so; taken for one that is not given, it would turn off what they ask for.
func refuseEmpty(cmd *cobra.Command, args []string) error {
	var empty error
	cmd.Flags().Visit(func(f *pflag.Flag) {
		values := []string{f.Value.String()}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			values = list.GetSlice()
		}

		if len(values) == 0 || slices.Contains(values, "") {
			empty = fmt.Errorf("--%s has an empty value: give one, or leave the flag out", f.Name)
		}
	})

	if i := slices.Index(args, ""); i >= 0 {
		return fmt.Errorf("argument %d of %s is empty", i+1, cmd.CommandPath())
	}

	return empty
}

// readDecimals makes the integer flags of a command and of those below it read zero-padded numbers
// as decimal, where pflag takes them for octal.
func readDecimals(cmd *cobra.Command) {
	for _, set := range []*pflag.FlagSet{cmd.PersistentFlags(), cmd.Flags()} {
		set.VisitAll(func(f *pflag.Flag) {
			if strings.HasPrefix(f.Value.Type(), "int") || strings.HasPrefix(f.Value.Type(), "uint") {
				f.Value = decimalFlag{f.Value}
			}
		})
	}
	for _, sub := range cmd.Commands() {
		readDecimals(sub)
	}
}

// decimalFlag is an integer flag whose zeros in front mean nothing.
type decimalFlag struct {
	pflag.Value
}

// Set takes the text of the flag.
func (f decimalFlag) Set(text string) error {
	digits := strings.TrimLeft(text, "+-")
	sign := text[:len(text)-len(digits)]
	trimmed := strings.TrimLeft(digits, "0")
	if trimmed != "" && trimmed[0] >= '1' && trimmed[0] <= '9' {
		digits = trimmed
	}
	return f.Value.Set(sign + digits)
}
