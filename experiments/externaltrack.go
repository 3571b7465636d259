package experiments

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/experiments/external"
	"github.com/liptrack/liptrack/experiments/rundir"
	"github.com/liptrack/liptrack/internal/wholefile"
	"github.com/liptrack/liptrack/network"
)

// track continues after the last checkpoint that the folder records.
func (r *externalRun) track(
	ctx context.Context,
	first *external.Checkpoint,
) (status rundir.Status, err error) {
	if r.Overwrite {
		err = r.folder.Clear()
		if err != nil {
			return status, err
		}
	}

	// The contents of the disk decide where to continue, not the intention of an earlier process.
	last, done, err := r.folder.LastTracked()
	if err != nil {
		return status, err
	}

	err = r.open(last, done)
	if err != nil {
		return status, err
	}

	begun := time.Now()
	status = rundir.Status{
		State:      rundir.Running,
		ConfigHash: r.run.ID,
		Worker:     rundir.ThisWorker(begun),
		Epochs:     last.Epoch,
		Steps:      last.Step,
	}

	err = r.folder.SetStatus(status)
	if err == nil {
		err = r.trackFrom(ctx, first, &status, done)
	}

	return r.close(status, err)
}

// close records how the tracking ended.
func (r *externalRun) close(status rundir.Status, err error) (rundir.Status, error) {
	// Close the recorder in any case, so that the series on disk is complete.
	length, closing := r.recorder.close()
	err = errors.Join(err, closing)

	status.State = rundir.Completed
	switch {
	case errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		status.State, err = rundir.Cancelled, nil
	case err != nil:
		status.State, status.Error = rundir.Failed, err.Error()
	}

	status.TrainSeconds, status.TrackSeconds = r.recorder.clock.train.Seconds(), r.recorder.clock.track.Seconds()
	status.SeriesBytes, status.Worker = length, nil

	return status, errors.Join(err, r.folder.SetStatus(status))
}

// open opens the series at the end of the last tracked checkpoint.
func (r *externalRun) open(last rundir.Tracked, done int) error {
	// Anything in the series after the last recorded checkpoint was cut short by a kill.
	header := r.header()
	var from *checkpoint
	err := noteData(r.folder, r.data)
	if err != nil {
		return err
	}

	// A folder with tracked checkpoints continues after the last one; its header must be the same.
	if done > 0 {
		from = &checkpoint{seriesBytes: last.SeriesBytes, seriesSum: last.SeriesSum}
		err = sameOrigin(r.folder.Series(), last.SeriesBytes, header)
	} else {
		err = wholefile.WriteBytes(r.folder.Config(), config.MarshalOnly(r.Config, r.tells))
	}

	if err != nil {
		return err
	}

	r.recorder, err = newRecorder(r.folder, header, from, r.measured)

	return err
}

// trackFrom tracks one checkpoint after another, beginning with one that may already be done.
func (r *externalRun) trackFrom(
	ctx context.Context,
	c *external.Checkpoint,
	status *rundir.Status,
	done int,
) error {
	var err error
	if done > 0 && c.Epoch <= status.Epochs {
		c, err = r.next(ctx, status.Epochs)
	}

	for err == nil {
		err = r.checkShape(c)
		if err != nil {
			return err
		}

		// Only for a finished training is it known which checkpoint is the last.
		var next *external.Checkpoint
		isLast := r.Checkpoints.Last != nil && c.Epoch == *r.Checkpoints.Last
		if !r.Checkpoints.Follow {
			next, err = r.next(ctx, c.Epoch)
			isLast = errors.Is(err, io.EOF)
		}

		if err != nil && !isLast {
			return err
		}

		err = r.record(ctx, c, isLast, status)
		if err != nil {
			return err
		}

		if next == nil {
			next, err = r.next(ctx, c.Epoch)
		}

		c = next
	}

	if errors.Is(err, io.EOF) {
		return nil
	}

	return err
}

// next returns the next checkpoint of the feed. A classifier with one output is tracked as a
// classifier of two classes whose first output is always 0.
func (r *externalRun) next(ctx context.Context, after int) (*external.Checkpoint, error) {
	c, err := r.feed.Next(ctx, after)
	if err != nil || c.Net.Out() > 1 || r.Config.Data.Options.Regression {
		return c, err
	}

	last := c.Net.Last()
	if !c.Net.IsDense() || !c.Net.EndsInLogit() {
		return nil, fmt.Errorf(
			"the network of %s has one output, which is no logit: %v follows a layer there; %s",
			c.Path,
			last.Activation,
			asRegression,
		)
	}

	if r.single == nil && r.Checkpoints.Note != nil {
		r.Checkpoints.Note("the network has one output: it is taken as the logit of the second of two classes, " +
			"beside one that is always 0; " + asRegression)
	}

	r.single, c.Net = c.Net, c.Net.AgainstZero()

	return c, nil
}

// checkShape returns an error for a network whose sizes differ from those of the run.
func (r *externalRun) checkShape(c *external.Checkpoint) error {
	sizes := sizesOf(c.Net)
	if slices.Equal(sizes, r.layers) {
		return nil
	}
	return fmt.Errorf(
		"the network of %s has the sizes %s, those before it %s: the checkpoints of one training "+
			"have one shape; a pattern takes some of the files, as in --epoch 'mlp_{epoch}.pt'",
		c.Path, sizesText(sizes), sizesText(r.layers),
	)
}

// sizesText formats sizes, as in 784-256-10.
func sizesText(sizes []int) string {
	words := make([]string, len(sizes))
	for i, n := range sizes {
		words[i] = strconv.Itoa(n)
	}
	return strings.Join(words, "-")
}

// record measures a checkpoint and writes the results to disk.
func (r *externalRun) record(
	ctx context.Context,
	c *external.Checkpoint,
	last bool,
	status *rundir.Status,
) error {
	m := moment{
		epoch:   c.Epoch,
		step:    c.Step,
		last:    last,
		network: func() *network.Network { return c.Net },
	}
	if isDue(r.measured.known.training, c.Epoch, last) {
		m.known = r.evaluateNetwork(c.Net)
	}

	err := r.recorder.record(ctx, m)
	if err != nil {
		return err
	}

	// The training may delete the checkpoint at any time, so it may not be possible to measure it
	// again.
	length, sum, err := r.recorder.sync()
	if err != nil {
		return err
	}

	status.Epochs, status.Steps = c.Epoch, c.Step
	if r.Observe != nil {
		r.Observe(Progress{Run: r.run.Name, Epoch: c.Epoch, Latest: r.recorder.latest})
	}

	return r.folder.AddTracked(rundir.Tracked{
		Epoch:       c.Epoch,
		Step:        c.Step,
		File:        c.Path,
		SeriesBytes: length,
		SeriesSum:   sum,
	})
}
