package experiments_test

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/liptrack/liptrack/experiments"
	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/internal/linalg"
)

// Environment variables that make the test binary a process that does runs of victimConfig.
const (
	childDir       = "TEST_CHILD_DIR"       // where; the others count only with it
	childArguments = "TEST_CHILD_ARGUMENTS" // key=value, separated by spaces
	childConfig    = "TEST_CHILD_CONFIG"    // runs of this file instead
	childFollows   = "TEST_CHILD_FOLLOWS"   // a folder of checkpoints to track instead
	childLimit     = "TEST_CHILD_LIMIT"     // bytes that a file may have, as if the disk were full
)

func TestMain(m *testing.M) {
	linalg.UseBLAS(linalg.AutoBLAS)
	if dir := os.Getenv(childDir); dir != "" {
		do := runVictim
		if os.Getenv(childFollows) != "" {
			do = runFollower
		}
		if err := do(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}

	os.Exit(m.Run())
}

// restrict limits what a child process may do.
var restrict = func() error { return nil }

// runVictim begins or resumes runs of victimConfig and prints the names of those it did.
func runVictim(dir string) error {
	e, err := config.Load(cmp.Or(os.Getenv(childConfig), victimConfig), config.Options{Arguments: strings.Fields(os.Getenv(childArguments))})
	if err == nil {
		err = restrict()
	}
	if err != nil {
		return err
	}
	out, err := experiments.Run(context.Background(), experiments.List(e.Runs), experiments.Local{Dir: dir}, experiments.Options{Workers: 2})
	for _, o := range out {
		if !o.Skipped && !o.Busy {
			fmt.Println(o.Run.Name)
		}
	}

	return err
}
