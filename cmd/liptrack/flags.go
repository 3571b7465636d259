package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/liptrack/liptrack/internal/decimal"
)

// registerWorkers adds the flag of how many runs are done at a time; 0 stands for its default.
func registerWorkers(flags *pflag.FlagSet, workers *int) {
	const usage = "runs at a time (default one per processor); changes no result"
	flags.IntVar(workers, "workers", 0, usage)
}

// refuseEmpty returns an error for a flag or an argument that is given but empty. Scripts pass
// unset variables so; taken for one that is not given, it would turn off what they ask for.
func refuseEmpty(cmd *cobra.Command, args []string) error {
	var empty error
	// Visit sees the flags that were given, whatever their value.
	cmd.Flags().Visit(func(f *pflag.Flag) {
		// A list is given empty if it has no elements or one that is empty.
		values := []string{f.Value.String()}
		list, ok := f.Value.(pflag.SliceValue)
		if ok {
			values = list.GetSlice()
		}

		if len(values) == 0 || slices.Contains(values, "") {
			empty = fmt.Errorf("--%s has an empty value: give one, or leave the flag out",
				f.Name)
		}
	})

	// Arguments are checked as well, since an unset variable makes an empty one.
	if i := slices.Index(args, ""); i >= 0 {
		return fmt.Errorf("argument %d of %s is empty", i+1, cmd.CommandPath())
	}

	return empty
}

// readDecimals makes the numeric flags of a command and of those below it take decimal numbers
// only, where pflag also takes 010 for 8, and 0x10 and 1_0 for others, and makes errors of flags
// plain. Flags without a value, cobra's own too, are then shown without one.
func readDecimals(cmd *cobra.Command) {
	cmd.InitDefaultHelpFlag()
	cmd.InitDefaultVersionFlag()

	for _, set := range []*pflag.FlagSet{cmd.PersistentFlags(), cmd.Flags()} {
		set.VisitAll(func(f *pflag.Flag) {
			list, isList := f.Value.(pflag.SliceValue)
			check, known := valueChecks[strings.TrimSuffix(f.Value.Type(), "Slice")]
			switch {
			case known && isList:
				f.Value = checkedList{checkedFlag{f.Value, check}, list}
			case known:
				f.Value = checkedFlag{f.Value, check}
			}
		})
	}

	for _, sub := range cmd.Commands() {
		readDecimals(sub)
	}
}

// valueChecks are the types of flags whose text is checked, and what pflag is to read in its place.
var valueChecks = map[string]func(text string) (string, error){
	"int": func(text string) (string, error) {
		v, err := decimal.Integer(text)
		return strconv.FormatInt(v, 10), err
	},
	"uint64": func(text string) (string, error) {
		v, err := decimal.Natural(text)
		return strconv.FormatUint(v, 10), err
	},
	"float64": func(text string) (string, error) {
		_, err := decimal.Number(text)
		return text, err
	},
	"bool": func(text string) (string, error) {
		_, err := strconv.ParseBool(text)
		if err != nil {
			return "", errors.New("want true or false")
		}
		return text, nil
	},
}

// checkedFlag is a flag whose text is checked before it is read.
type checkedFlag struct {
	pflag.Value
	check func(text string) (string, error)
}

// Set takes the text of the flag, or of a part of a list.
func (f checkedFlag) Set(text string) error {
	checked, err := f.check(strings.TrimSpace(text))
	if err != nil {
		return err
	}
	return f.Value.Set(checked)
}

// checkedList is a flag with a list of values, commas between them.
type checkedList struct {
	checkedFlag
	pflag.SliceValue
}

// Set takes the text of the flag.
func (f checkedList) Set(text string) error {
	parts := strings.Split(text, ",")
	for i, part := range parts {
		checked, err := f.check(strings.TrimSpace(part))
		if err != nil {
			return err
		}
		parts[i] = checked
	}
	return f.Value.Set(strings.Join(parts, ","))
}
