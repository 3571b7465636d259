package memory

import (
	"os"
	"path/filepath"
	"testing"
)

// put writes files, given by their relative paths, into a new folder.
func put(t *testing.T, files map[string]string) (folder string) {
	t.Helper()
	folder = t.TempDir()
	for name, text := range files {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// TestGroupsLimit covers the limits of control groups of both versions, on the group itself and on
// its ancestors.
func TestGroupsLimit(t *testing.T) {
	const limited, used = "memory.max", "memory.current"
	for name, test := range map[string]struct {
		files map[string]string
		want  int64
	}{
		"own": {map[string]string{"cgroup": "0::/a/b\n", "fs/a/b/" + limited: "1000\n", "fs/a/b/" + used: "300\n"}, 700},
		"around": {map[string]string{
			"cgroup": "0::/a/b\n", "fs/a/b/" + limited: "max\n", "fs/a/" + limited: "500\n", "fs/a/" + used: "600\n",
			"fs/a/memory.stat": "anon 1\ninactive_file 150\n"}, 50},
		"none":            {map[string]string{"cgroup": "0::/\n", "fs/" + limited: "max\n"}, Unlimited},
		"full":            {map[string]string{"cgroup": "0::/\n", "fs/" + limited: "10\n", "fs/" + used: "20\n"}, 0},
		"version 1":       {map[string]string{"cgroup": "5:cpu:/x\n4:memory:/x\n", "fs/memory/x/memory.limit_in_bytes": "4096", "fs/memory/x/memory.usage_in_bytes": "96"}, 4000},
		"version 1 alone": {map[string]string{"cgroup": "4:memory:/host/x\n", "fs/memory/memory.limit_in_bytes": "4096"}, 4096},
		"version 1 none":  {map[string]string{"cgroup": "4:memory:/\n", "fs/memory/memory.limit_in_bytes": "9223372036854771712"}, Unlimited},
		"unknown":         {map[string]string{}, Unlimited},
	} {
		folder := put(t, test.files)
		if got := ofGroups(filepath.Join(folder, "cgroup"), filepath.Join(folder, "fs")); got != test.want {
			t.Errorf("%s: %d bytes, want %d", name, got, test.want)
		}
	}
}

func TestMachineLimits(t *testing.T) {
	folder := put(t, map[string]string{"meminfo": "MemTotal: 9 kB\nMemAvailable:    7 kB\n"})
	if got := ofMachine(filepath.Join(folder, "meminfo")); got != 7<<10 {
		t.Errorf("%d bytes", got)
	}
	if got := Available(); got <= 0 {
		t.Errorf("%d bytes are available to this process", got)
	}
}
