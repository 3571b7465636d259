package cluster

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/liptrack/liptrack/experiments/rundir"
)

func job() Job {
	return Job{
		Name: "My sweep", Dir: "runs", List: "0123456789ab", Shards: 5, CPUs: 2,
		Command:     []string{"liptrack", "sweep", "a b.yaml", "model.hidden=8,[16,16]", "name=it's"},
		Environment: []string{"LIPTRACK_TRAIN_LOSS=mse $HOME"},
	}
}

// TestSlurmScriptsStartEveryShardOnce runs the scripts as Slurm does, with shards that record how
// they were started.
func TestSlurmScriptsStartEveryShardOnce(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("needs bash")
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "liptrack")
	log := filepath.Join(dir, "log")
	if err := os.WriteFile(program, []byte("#!/bin/bash\nprintf '%s|' \"$@\" \"$LIPTRACK_TRAIN_LOSS\" >> "+log+"\necho >> "+log+"\nexit 3\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	j := job()
	j.Command[0] = program
	slurm := Slurm{Time: "1:00:00", Memory: "2G", AtOnce: 2, Options: []string{"--account=x"}, WorkDir: dir, MaxArray: 3}
	scripts, err := slurm.Scripts(j)
	if err != nil || len(scripts) != 2 {
		t.Fatalf("%d scripts, error %v", len(scripts), err)
	}
	for i, want := range []string{"#SBATCH --array=0-2%2\n", "#SBATCH --array=0-1%2\n"} {
		for _, line := range []string{want, "#SBATCH --time=1:00:00\n", "#SBATCH --mem=2G\n", "#SBATCH --cpus-per-task=2\n", "#SBATCH --account=x\n"} {
			if !strings.Contains(scripts[i].Text, line) {
				t.Errorf("script %d lacks %q", i, line)
			}
		}

		for task := range 3 - i {
			c := exec.Command("bash", "-c", scripts[i].Text)
			c.Env = append(os.Environ(), "SLURM_ARRAY_TASK_ID="+string(rune('0'+task)))
			var exit *exec.ExitError
			if err := c.Run(); !errors.As(err, &exit) || exit.ExitCode() != 3 {
				t.Errorf("task %d of script %d: error %v, want the exit status of the shard, 3", task, i, err)
			}
		}
	}

	started, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(strings.TrimSpace(string(started)), "\n") {
		want := "sweep|a b.yaml|model.hidden=8,[16,16]|name=it's|--list|0123456789ab|--workers|2|--quiet|--shard|" + string(rune('0'+i)) + "/5|mse $HOME|"
		if line != want {
			t.Errorf("started as %s, want %s", line, want)
		}
	}
}

// TestSlurmScriptsPassSignalsOn sends signals to the scripts. They requeue the task only for the
// signal before the time limit.
func TestSlurmScriptsPassSignalsOn(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("needs bash")
	}
	for signal, requeued := range map[string]bool{"USR1": true, "TERM": false} {
		dir := t.TempDir()
		files := map[string]string{
			"liptrack": "#!/bin/bash\ntrap 'exit 75' USR1 TERM\ntouch begun\nwhile :; do sleep 0.05; done\n",
			"scontrol": "#!/bin/bash\necho \"$@\" > requeued\n",
			"sleep":    "#!/bin/bash\n[ \"$1\" = 30 ] || exec /bin/sleep \"$@\"\n",
		}

		for name, text := range files {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
				t.Fatal(err)
			}
		}

		j := job()
		j.Command[0] = filepath.Join(dir, "liptrack")
		scripts, err := Slurm{WorkDir: dir, MaxArray: 1001}.Scripts(j)
		if err != nil {
			t.Fatal(err)
		}

		c := exec.Command("bash", "-c", scripts[0].Text)
		c.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "SLURM_ARRAY_TASK_ID=0", "SLURM_ARRAY_JOB_ID=7")
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
			if _, err := os.Stat(filepath.Join(dir, "begun")); err == nil {
				break
			}
		}

		if err := exec.Command("bash", "-c", "kill -"+signal+" $0", strconv.Itoa(c.Process.Pid)).Run(); err != nil {
			t.Fatal(err)
		}
		var exit *exec.ExitError
		if err := c.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 75 {
			t.Errorf("%s: error %v, want exit status 75", signal, err)
		}
		asked, err := os.ReadFile(filepath.Join(dir, "requeued"))
		if (err == nil) != requeued || requeued && string(asked) != "requeue 7_0\n" {
			t.Errorf("%s: asked for %q, error %v", signal, asked, err)
		}
	}
}

func TestOptionsStayInTheirLines(t *testing.T) {
	if _, err := (Slurm{Options: []string{"--x\n#SBATCH --y"}, MaxArray: 1}).Scripts(job()); err == nil {
		t.Error("an option of two lines passes")
	}
}

// TestManifest decodes the manifest of a Kubernetes job.
func TestManifest(t *testing.T) {
	text, err := Kubernetes{Image: "i", Claim: "c", Memory: "2Gi", AtOnce: 9, Retries: 2}.Manifest(job())
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := yaml.Unmarshal(text, &got); err != nil || got["kind"] != "Job" {
		t.Fatalf("error %v, %v", err, got)
	}
	if !strings.Contains(string(text), "completionMode: Indexed") || !strings.Contains(string(text), "$(JOB_COMPLETION_INDEX)/5") {
		t.Errorf("%s", text)
	}
	if name := resourceName("Ünder_score.X" + strings.Repeat("y", 100)); len(name) > 63 || strings.ContainsAny(name, "_.ÜX") {
		t.Errorf("name %s", name)
	}
	if _, err := (Kubernetes{}).Manifest(job()); err == nil {
		t.Error("a job without an image passes")
	}
}

// begin creates the folder of a run with a given status.
func begin(t *testing.T, path string, s rundir.Status) {
	t.Helper()
	f, err := rundir.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.SetStatus(s), f.Close()); err != nil {
		t.Fatal(err)
	}
}

// writeAll writes a file and creates its folders.
func writeAll(path, text string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o644)
}

// TestStatusOfAQueue reads the status of a queue from its files, for all experiments and for one.
func TestStatusOfAQueue(t *testing.T) {
	dir := t.TempDir()
	if err := rundir.NewRunList([]string{"a/1", "a/2", "b/1"}).Write(dir); err != nil {
		t.Fatal(err)
	}
	if err := WriteWorkers(dir, []Worker{{Kernels: "k", Ended: 1}}); err != nil {
		t.Fatal(err)
	}
	begin(t, filepath.Join(dir, "a", "1"), rundir.Status{State: rundir.Completed})
	for folder, runs := range map[string]int{dir: 3, filepath.Join(dir, "a"): 2} {
		s, err := Read(folder)
		if err != nil || s.Runs != runs || s.New != runs-1 || len(s.Workers) != 1 || s.Workers[0].Kernels != "k" {
			t.Errorf("%s: %+v, error %v", folder, s, err)
		}
	}

	if _, err := Read(t.TempDir()); err == nil || !strings.Contains(err.Error(), "contains no run") {
		t.Errorf("an empty folder: error %v", err)
	}
}

func TestStatus(t *testing.T) {
	dir := t.TempDir()
	demo := filepath.Join(dir, "demo")
	begin(t, filepath.Join(demo, "a"), rundir.Status{State: rundir.Completed, TrainSeconds: 8, TrackSeconds: 2})
	begin(t, filepath.Join(demo, "b"), rundir.Status{State: rundir.Failed, Epochs: 7, Error: "panic: 1\n2\n3\n4\nno\tdata\x1b[2J"})
	begin(t, filepath.Join(demo, "c"), rundir.Status{State: rundir.Running, Worker: rundir.ThisWorker(time.Now())})
	begin(t, filepath.Join(demo, "d"), rundir.Status{State: rundir.Diverged})
	shard := rundir.Shard{Index: 1, Count: 3, List: "l", All: 9, Runs: 3, Ended: 2, Failed: 1, State: rundir.Running, Worker: rundir.ThisWorker(time.Now())}
	if err := shard.Write(demo); err != nil {
		t.Fatal(err)
	}

	output := filepath.Join(Job{Dir: dir, Name: "demo"}.Folder(), "from-0-task-1.out")
	if err := writeAll(output, strings.Repeat("epoch\n", 5000)+"demo/b failed\n\nstopped\n"); err != nil {
		t.Fatal(err)
	}
	if err := WriteWorkers(dir, []Worker{{Ended: 1}}); err == nil {
		t.Error("workers of a queue are noted where there is none")
	}

	s, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := s.Shards[0].LastLines, []string{"epoch", "epoch", "epoch", "demo/b failed", "stopped"}; !slices.Equal(got, want) {
		t.Errorf("last lines of the shard: %q, want %q", got, want)
	}
	if got, want := s.Failures[0].LastLines, []string{"2", "3", "4", "no?data?[2J"}; !slices.Equal(got[1:], want) {
		t.Errorf("last lines of the run: %q, want %q", got, want)
	}
	if s.Runs != 9 || s.New != 5 || s.States[rundir.Failed] != 1 || len(s.Running) != 1 || len(s.Failures) != 2 || len(s.Shards) != 1 {
		t.Errorf("%+v", s)
	}
	if s.SecondsLeft == nil || *s.SecondsLeft != 60 { // 6 runs of 10 s, one at a time
		t.Errorf("seconds left: %v", s.SecondsLeft)
	}
	var text bytes.Buffer
	if err := s.Text(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"9 runs, 1 running, 1 completed, 1 diverged, 1 failed, 5 new", "shard 1/3", "2 of 3 ended", "demo/b", "after 7 epochs", "no?data", "stopped"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("printed without %q:\n%s", want, &text)
		}
	}

	if n, err := RetryFailed(dir); err != nil || n != 2 {
		t.Errorf("%d runs are to be done again, error %v", n, err)
	}
	if s, err := Read(dir); err != nil || len(s.Failures) != 0 {
		t.Errorf("%+v, error %v", s, err)
	}
}

// TestRunsOfTheDeadAreAbandoned checks that runs of dead processes and of silent workers count as
// abandoned. Nothing is known about processes on other machines.
func TestRunsOfTheDeadAreAbandoned(t *testing.T) {
	dead := exec.Command("true")
	if err := dead.Run(); err != nil {
		t.Skip(err)
	}
	here := rundir.ThisWorker(time.Now())
	gone := *here
	gone.PID = dead.Process.Pid
	silent := rundir.Worker{Host: "elsewhere", PID: 1, Lease: "a"}
	heard := rundir.Worker{Host: "elsewhere", PID: 2, Lease: "b"}

	dir := t.TempDir()
	if err := rundir.NewRunList([]string{"a/new"}).Write(dir); err != nil {
		t.Fatal(err)
	}
	if err := WriteWorkers(dir, []Worker{{Worker: silent, Silent: true}, {Worker: heard}}); err != nil {
		t.Fatal(err)
	}
	for name, worker := range map[string]*rundir.Worker{
		"here": here, "gone": &gone, "silent": &silent, "heard": &heard, "elsewhere": {Host: "elsewhere", PID: gone.PID},
	} {
		begin(t, filepath.Join(dir, "a", name), rundir.Status{State: rundir.Running, Worker: worker})
	}
	shard := rundir.Shard{Count: 1, List: "l", All: 5, Runs: 5, State: rundir.Running, Worker: &gone}
	if err := shard.Write(filepath.Join(dir, "a")); err != nil {
		t.Fatal(err)
	}

	s, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	var running []string
	for _, r := range s.Running {
		running = append(running, r.Run)
	}
	if want := []string{"elsewhere", "heard", "here"}; !slices.Equal(running, want) {
		t.Errorf("running %q, want %q", running, want)
	}
	if s.States[rundir.Abandoned] != 2 || s.Left() != 5 || s.Shards[0].State != rundir.Abandoned {
		t.Errorf("%+v", s)
	}
}
