package bounds

import (
	"os"
	"testing"

	"liptrack/internal/linalg"
)

func TestMain(m *testing.M) {
	linalg.UseBLAS(linalg.AutoBLAS)
	os.Exit(m.Run())
}
