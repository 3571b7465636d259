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

// registerWorkers adds the flag for the number of runs at a time; 0 means the default.
func registerWorkers(flags *pflag.FlagSet, workers *int) {
	const usage = "runs at a time (default one per processor); does not change results"
	flags.IntVar(workers, "workers", 0, usage)
}

// refuseEmpty returns an error if a flag or an argument is given but empty, as happens when a
// script passes an unset variable. Treating it as not given would silently turn off what the script
// asks for.
func refuseEmpty(cmd *cobra.Command, args []string) error {
	var empty error
	// Visit only visits flags that were given.
	cmd.Flags().Visit(func(f *pflag.Flag) {
		// A list counts as empty if it has no elements or an empty one.
		values := []string{f.Value.String()}
		list, ok := f.Value.(pflag.SliceValue)
		if ok {
			values = list.GetSlice()
		}

		if len(values) == 0 || slices.Contains(values, "") {
			empty = fmt.Errorf("--%s has an empty value: give a value, or omit the flag",
				f.Name)
		}
	})

	// Arguments are checked, too, since an unset variable makes them empty.
	if i := slices.Index(args, ""); i >= 0 {
		return fmt.Errorf("argument %d of %s is empty", i+1, cmd.CommandPath())
	}

	return empty
}

// readDecimals restricts the numeric flags of a command and its subcommands to decimal numbers and
// simplifies their errors. pflag itself also accepts 010 for 8, 0x10 and 1_0. Boolean flags,
// including cobra's own, are then shown without a value.
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

// valueChecks maps types of flags to functions that check the text and return what pflag is to
// parse instead.
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

// checkedFlag is a flag whose text is checked before it is parsed.
type checkedFlag struct {
	pflag.Value
	check func(text string) (string, error)
}

// Set checks and parses the text of the flag.
func (f checkedFlag) Set(text string) error {
	checked, err := f.check(strings.TrimSpace(text))
	if err != nil {
		return err
	}
	return f.Value.Set(checked)
}

// checkedList is a flag with comma-separated values, each of which is checked.
type checkedList struct {
	checkedFlag
	pflag.SliceValue
}

// Set checks and parses the values of the flag.
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
