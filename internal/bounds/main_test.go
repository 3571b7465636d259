package bounds

import (
	"os"
	"testing"

	"github.com/liptrack/liptrack/internal/linalg"
)

func TestMain(m *testing.M) {
	linalg.UseBLAS(linalg.AutoBLAS)
	os.Exit(m.Run())
}
