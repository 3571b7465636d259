package page

import (
	"encoding/json"
	"fmt"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
	"github.com/liptrack/liptrack/plots/figure"
)

// seriesOption is an echarts series with additional fields for the page's script. Colours are names
// that the script resolves in the reader's theme. The script also sets the house style, ticks and
// tooltips, which are the same for every chart.
type seriesOption struct {
	charts.SingleSeries
	Columns []string     `json:"columns,omitempty"`
	Shape   figure.Shape `json:"shape"`
	Hidden  bool         `json:"hidden,omitempty"`
	Quiet   bool         `json:"quiet,omitempty"`
	Run     string       `json:"run,omitempty"`
	Runs    [][]string   `json:"runs,omitempty"`
}

// Data returns the echarts option of a figure as JSON on one line.
func Data(f *figure.Figure) ([]byte, error) {
	b, err := json.Marshal(figureOption(f))
	if err != nil {
		return nil, fmt.Errorf("figure %s: %w", f.ID, err)
	}
	return b, nil
}

func figureOption(f *figure.Figure) map[string]any {
	all := make([]seriesOption, len(f.Series))
	for i, s := range f.Series {
		all[i] = optionOfSeries(s)
	}

	option := axesOption(f)
	option["series"] = all
	return option
}

// axesOption returns an echarts option without series.
func axesOption(f *figure.Figure) map[string]any {
	if f.Dims != nil {
		chart := charts.NewParallel()
		for i, a := range f.Dims {
			chart.ParallelAxisList = append(chart.ParallelAxisList, opts.ParallelAxis{
				Dim:  i,
				Name: a.Name,
				Type: axisType(a),
				Data: axisValues(a),
			})
		}

		return chart.JSON()
	}

	chart := charts.NewLine()
	chart.SetGlobalOptions(
		charts.WithXAxisOpts(
			opts.XAxis{
				Type: axisType(f.X),
				Name: f.X.Name,
				Data: axisValues(f.X),
				Min:  axisEnd(f.X, f.X.Low),
				Max:  axisEnd(f.X, f.X.High),
			},
		),
		charts.WithYAxisOpts(
			opts.YAxis{
				Type: axisType(f.Y),
				Name: f.Y.Name,
				Data: axisValues(f.Y),
				Min:  axisEnd(f.Y, f.Y.Low),
				Max:  axisEnd(f.Y, f.Y.High),
			},
		),
	)

	return chart.JSON()
}

func axisType(a figure.Axis) string {
	switch {
	case a.Values != nil:
		return "category"
	case a.Log:
		return "log"
	}
	return "value"
}

// axisEnd returns an end of a shared axis; nil, which omits it from the option, for other axes.
func axisEnd(a figure.Axis, v float64) any {
	if a.Low == a.High {
		return nil
	}
	return v
}

// axisValues returns the names of an axis's places; nil, which omits them from the option, for a
// numeric axis.
func axisValues(a figure.Axis) any {
	if a.Values == nil {
		return nil
	}
	return a.Values
}

func optionOfSeries(s figure.Series) seriesOption {
	rows := s.Rows
	if rows == nil {
		rows = []figure.Row{}
	}

	o := seriesOption{
		SingleSeries: charts.SingleSeries{
			Type:   echartsType(s.Shape),
			Name:   s.Name,
			Id:     s.ID,
			Data:   rows,
			Color:  s.Color,
			Symbol: s.Marker,
		},
		Columns: s.Columns,
		Shape:   s.Shape,
		Hidden:  s.Hidden,
		Quiet:   s.Quiet,
		Run:     s.Run,
		Runs:    s.Runs,
	}

	if s.Width > 0 {
		o.LineStyle = &opts.LineStyle{
			Color: s.Color,
			Type:  s.Dash,
			Width: s.Width,
		}
	}

	if s.Shape == figure.Marks {
		o.MarkLines = markLines(s)
	}

	return o
}

// echartsType returns the type of echarts series that draws a shape.
func echartsType(s figure.Shape) string {
	switch s {
	case figure.Dots:
		return "scatter"
	case figure.Band, figure.Cells, figure.Tiles:
		return "custom"
	case figure.Strand:
		return "parallel"
	}
	return "line"
}

func markLines(s figure.Series) *opts.MarkLines {
	lines := &opts.MarkLines{}
	for _, m := range s.Marks {
		if s.Vertical {
			lines.Data = append(
				lines.Data,
				opts.MarkLineNameXAxisItem{Name: m.Name, XAxis: m.Value},
			)
		} else {
			lines.Data = append(
				lines.Data,
				opts.MarkLineNameYAxisItem{Name: m.Name, YAxis: m.Value},
			)
		}
	}
	return lines
}
