package rundir

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/liptrack/liptrack/internal/input"
	"github.com/liptrack/liptrack/internal/wholefile"
)

// shardsFolder is inside the folder of an experiment and holds one file for each shard that has
// begun. No two shards write the same file.
const shardsFolder = "shards"

// Shard records how far a shard of a sweep has come.
type Shard struct {
	// Index is from 0 to Count−1.
	Index int `json:"index"`
	Count int `json:"count"`
	// List identifies the runs of the whole sweep and their order; All is the number of these runs.
	List string `json:"list"`
	All  int    `json:"all"`
	// Runs is the number of runs in the shard; Ended of them have ended, and Failed of those
	// failed.
	Runs   int `json:"runs"`
	Ended  int `json:"ended"`
	Failed int `json:"failed"`
	// State is running, completed once all runs have ended, or cancelled if some are left.
	State State `json:"state"`
	// Worker is the process that works on the shard or did so last.
	Worker *Worker `json:"worker"`
}

func (s Shard) file(experiment string) string {
	return filepath.Join(
		experiment,
		shardsFolder,
		fmt.Sprintf("%d-of-%d.json", s.Index, s.Count),
	)
}

// Write replaces the shard's file in the folder of an experiment.
func (s Shard) Write(experiment string) error {
	return writeLine(s.file(experiment), s)
}

// writeLine replaces a file with a value as one line of JSON. It creates the folder if necessary.
func writeLine(path string, value any) error {
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err != nil {
		return err
	}
	return wholefile.Write(path, func(w io.Writer) error {
		return json.NewEncoder(w).Encode(value)
	})
}

// ReadShards reads the records of the shards that have begun in the folder of an experiment.
func ReadShards(fsys fs.FS, experiment string) ([]Shard, error) {
	files, err := filesIn(fsys, path.Join(experiment, shardsFolder), ".json")
	if err != nil {
		return nil, fmt.Errorf("shards: %w", err)
	}

	var shards []Shard
	for _, file := range files {
		raw, err := input.ReadTextIn(fsys, file)
		if err != nil {
			return nil, fmt.Errorf("shards: %w", err)
		}

		// Only a damaged file has an index outside its own count.
		var s Shard
		if err := input.UnmarshalJSON(raw, &s); err != nil || s.Count < 1 || s.Index < 0 ||
			s.Index >= s.Count {
			return nil, fmt.Errorf(
				"%s is damaged; without that file the shard goes on all the same",
				file,
			)
		}

		shards = append(shards, s)
	}

	return shards, nil
}

// CheckShard returns an error if the experiment's folder holds shards of another sweep, or if this
// sweep is running with another number of shards.
func CheckShard(experiment string, s Shard) error {
	others, err := ReadShards(os.DirFS(experiment), ".")
	if err != nil {
		return fmt.Errorf("%s: %w", experiment, err)
	}

	for _, other := range others {
		// Reports would take the runs of two sweeps in one folder for one experiment.
		folder := filepath.Join(experiment, shardsFolder)
		if other.List != s.List {
			return fmt.Errorf(
				"%s is of another sweep: its shards have %d runs (list %s), this one has %d (list %s). "+
					"Give the sweep another name or --dir, or remove %s if its shards have ended",
				experiment,
				other.All,
				other.List,
				s.All,
				s.List,
				folder,
			)
		}

		// With another number of shards, the same run would belong to two of them, and the second
		// would find it locked.
		if other.Count != s.Count && other.State == Running {
			return fmt.Errorf(
				"shard %d of %d is under way in %s, and this one is of %d: go on with %d, "+
					"or remove %s if its shards have ended",
				other.Index,
				other.Count,
				experiment,
				s.Count,
				other.Count,
				folder,
			)
		}
	}

	return nil
}
