package watch

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"net/url"
	"strings"
	"time"

	"github.com/liptrack/liptrack/cluster"
	"github.com/liptrack/liptrack/experiments/rundir"
	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/plots/page"
)

// standingAddress is the relative address of the status page of a folder.
const standingAddress = "?" + statusQuery

// standing is the status of the runs in a folder when it was last read.
type standing struct {
	status cluster.Status
	looked time.Time
	// lasts is the time until which the status is not read again, since reading many folders is
	// slow.
	lasts time.Time
}

// standingPage returns the page with the status of the runs in a folder, and its version. The page
// is nil if the version is the known one. The version is a checksum, so the state cannot be
// recovered from it.
func (s *Server) standingPage(folder, known string) (*page.Page, string, error) {
	now, err := s.lookAt(folder)
	if err != nil {
		return nil, "", err
	}

	// The page depends only on the status, so equal statuses have equal pages.
	sum := fnv.New64a()
	if err := json.NewEncoder(sum).Encode(now.status); err != nil {
		return nil, "", err
	}

	id := version{origin: sum.Sum64()}.String()
	if id == known {
		return nil, id, nil
	}

	st := now.status
	shown := &page.Page{
		Kind:    "how runs stand",
		Title:   s.titleOf(folder),
		Up:      "./",
		Summary: []string{st.Counts() + "."},
		Tiles:   tilesOf(st),
		Tables: []figure.Table{
			shardTable(st.Shards),
			workerTable(st.Workers),
			failureTable(folder, st.Failures),
			runningTable(folder, st.Running),
		},
	}

	return shown, id, nil
}

// tilesOf returns the most important numbers.
func tilesOf(s cluster.Status) []page.Tile {
	ended := s.Runs - s.Left()
	tiles := []page.Tile{
		{
			Name:  "Ended",
			Value: figure.FormatInt(ended),
			Note:  "of " + figure.Plural(s.Runs, "run"),
		},
		{Name: "Running", Value: figure.FormatInt(len(s.Running))},
		{Name: "Failed or diverged", Value: figure.FormatInt(len(s.Failures))},
	}

	if left := s.TimeLeft(); left > 0 {
		tiles = append(
			tiles,
			page.Tile{
				Name:  "Time left",
				Value: left.String(),
				Note:  "if runs take as long as others did",
			},
		)
	}

	return tiles
}

// standingTable returns an empty table that readers can sort and filter.
func standingTable(title string, head ...string) figure.Table {
	t := figure.NewTable(strings.ToLower(title), title, head...)
	t.Browse = true
	return t
}

// shardTable lists the progress of shards.
func shardTable(shards []cluster.Shard) figure.Table {
	t := standingTable(
		"Shards",
		"Experiment", "Shard", "State", "Runs", "Ended", "Failed", "Where", "Since", "Last lines",
	)

	for _, s := range shards {
		where, since := placeCells(s.Worker)
		// Sorted as text, shard 10 would come before shard 2.
		number := figure.Text(fmt.Sprintf("%d/%d", s.Index, s.Count))
		number.Sort = fmt.Sprint(s.Index)
		t.AddRow(
			figure.Text(s.Experiment), number, figure.Text(string(s.State)), figure.Count(s.Runs),
			figure.Count(s.Ended), figure.Count(s.Failed), where, since, linesCell(s.LastLines),
		)
	}

	return t
}

// workerTable lists the workers of a queue.
func workerTable(workers []cluster.Worker) figure.Table {
	t := standingTable(
		"Workers",
		"Where",
		"Since",
		"Running",
		"Ended",
		"Failed",
		"Heard",
		"Kernels",
	)

	for _, w := range workers {
		where, since := placeCells(&w.Worker)
		t.AddRow(
			where, since, figure.Count(w.Running), figure.Count(w.Ended), figure.Count(w.Failed),
			timeCell(w.Heard), figure.Text(w.Kernels),
		)
	}

	return t
}

// failureTable lists failed runs with their last lines of output.
func failureTable(folder string, failures []cluster.Failure) figure.Table {
	t := standingTable("Failures", "Run", "State", "Epochs", "Last lines")

	for _, f := range failures {
		t.AddRow(
			runCell(folder, f.Folder, f.Experiment, f.Run), figure.Text(string(f.State)), figure.Count(f.Epochs),
			linesCell(f.LastLines),
		)
	}

	return t
}

// runningTable lists the runs in progress, with their workers and start times.
func runningTable(folder string, runs []cluster.Run) figure.Table {
	t := standingTable("Running", "Run", "Where", "Since")

	for _, r := range runs {
		where, since := placeCells(r.Worker)
		t.AddRow(runCell(folder, r.Folder, r.Experiment, r.Run), where, since)
	}

	return t
}

// runCell returns a cell with a run's name and a link to its page.
func runCell(folder, run, experiment, name string) figure.Cell {
	c := figure.Text(experiment + "/" + name)
	if folder != "." {
		run = strings.TrimPrefix(strings.TrimPrefix(run, folder), "/")
	}
	c.Link = (&url.URL{Path: "./" + run + "/"}).String()
	if run == "" || run == "." {
		c.Link = "./"
	}
	return c
}

// placeCells return the place of a worker and its start time. Both are empty for runs of older
// releases, which recorded neither.
func placeCells(w *rundir.Worker) (where, since figure.Cell) {
	if w == nil {
		return figure.Text(""), figure.Text("")
	}
	return figure.Text(fmt.Sprintf("%s, process %d", w.Host, w.PID)), timeCell(w.Since)
}

// timeCell shows a time in the time zone of this machine.
func timeCell(t time.Time) figure.Cell {
	return figure.Text(t.Local().Format(time.DateTime))
}

// linesCell shows each line on a line of its own.
func linesCell(lines []string) figure.Cell {
	c := figure.Text(strings.Join(lines, "\n"))
	c.Class = "lines"
	return c
}

// lookAt returns the status of the runs in a folder, which may be cached for a moment.
func (s *Server) lookAt(folder string) (standing, error) {
	s.looking.Lock()
	defer s.looking.Unlock()
	begun := time.Now()
	was, known := s.standing[folder]
	if known && begun.Before(was.lasts) {
		return was, nil
	}

	status, err := cluster.ReadIn(s.root.FS(), folder)
	if err != nil {
		return standing{}, err
	}

	const share = 20 // reading takes at most this fraction, one part of 20, of the time
	now := time.Now()
	is := standing{status, begun, now.Add(max(s.interval, share*now.Sub(begun)))}
	s.standing[folder] = is

	return is, nil
}
