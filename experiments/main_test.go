package experiments_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"liptrack/experiments"
	"liptrack/experiments/config"
	"liptrack/internal/linalg"
)

// childDir, in the environment of the test binary, asks it to run victimConfig in that folder
// and be killed.
const childDir = "TEST_CHILD_DIR"

func TestMain(m *testing.M) {
	linalg.UseBLAS(linalg.AutoBLAS)
	if dir := os.Getenv(childDir); dir != "" {
		if err := runVictim(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// runVictim begins or resumes the runs of victimConfig.
func runVictim(dir string) error {
	e, err := config.Load(victimConfig, config.Options{Allowed: experiments.Allowed()})
	if err != nil {
		return err
	}
	_, err = experiments.Run(context.Background(), experiments.List(e.Runs), experiments.Local{Dir: dir}, experiments.Options{Workers: 2})
	return err
}
