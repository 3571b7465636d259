package plots

import (
	"encoding/json"
	"fmt"
	"html/template"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// seriesOption is an echarts series with what the page's script needs to know besides. Colours
// are names that the script resolves in the reader's theme; so are the house style, the ticks
// and the tooltips, which are the same for every chart.
type seriesOption struct {
	charts.SingleSeries
	Columns []string   `json:"columns,omitempty"`
	Shape   Shape      `json:"shape"`
	Hidden  bool       `json:"hidden,omitempty"`
	Quiet   bool       `json:"quiet,omitempty"`
	Run     string     `json:"run,omitempty"`
	Runs    [][]string `json:"runs,omitempty"`
}

// Data returns the echarts option of a figure as JSON in which no byte can end the script
// element around it.
func (f *Figure) Data() (template.JS, error) {
	b, err := json.Marshal(f.option())
	if err != nil {
		return "", fmt.Errorf("figure %s: %w", f.ID, err)
	}
	return template.JS(b), nil
}

func (f *Figure) option() map[string]any {
	option := f.axes()
	all := make([]seriesOption, len(f.Series))
	for i, s := range f.Series {
		all[i] = s.option()
	}
	option["series"] = all
	return option
}

// axes returns an echarts option of no series.
func (f *Figure) axes() map[string]any {
	if f.Dims != nil {
		chart := charts.NewParallel()
		for i, a := range f.Dims {
			chart.ParallelAxisList = append(
				chart.ParallelAxisList,
				opts.ParallelAxis{Dim: i, Name: a.Name, Type: a.scale(), Data: a.values()},
			)
		}

		return chart.JSON()
	}

	chart := charts.NewLine()
	chart.SetGlobalOptions(
		charts.WithXAxisOpts(
			opts.XAxis{
				Type: f.X.scale(),
				Name: f.X.Name,
				Data: f.X.values(),
				Min:  f.X.end(f.X.Low),
				Max:  f.X.end(f.X.High),
			},
		),
		charts.WithYAxisOpts(
			opts.YAxis{
				Type: f.Y.scale(),
				Name: f.Y.Name,
				Data: f.Y.values(),
				Min:  f.Y.end(f.Y.Low),
				Max:  f.Y.end(f.Y.High),
			},
		),
	)

	return chart.JSON()
}

func (a Axis) scale() string {
	switch {
	case a.Values != nil:
		return "category"
	case a.Log:
		return "log"
	}
	return "value"
}

// end returns an end of an axis that is shared, absent from the option of another.
func (a Axis) end(v float64) any {
	if a.Low == a.High {
		return nil
	}
	return v
}

// values returns the names of an axis's places, absent from the option of an axis of numbers.
func (a Axis) values() any {
	if a.Values == nil {
		return nil
	}
	return a.Values
}

func (s Series) option() seriesOption {
	rows := s.Rows
	if rows == nil {
		rows = []Row{}
	}

	o := seriesOption{
		SingleSeries: charts.SingleSeries{
			Type:   s.Shape.echarts(),
			Name:   s.Name,
			Id:     s.ID,
			Data:   rows,
			Color:  s.Color,
			Symbol: s.Marker,
		},
		Columns: s.Columns, Shape: s.Shape, Hidden: s.Hidden, Quiet: s.Quiet, Run: s.Run, Runs: s.Runs,
	}

	if s.Width > 0 {
		o.LineStyle = &opts.LineStyle{Color: s.Color, Type: s.Dash, Width: s.Width}
	}

	if s.Shape == Marks {
		o.MarkLines = markLines(s)
	}

	return o
}

// echarts returns the type of the echarts series that draws a shape.
func (s Shape) echarts() string {
	switch s {
	case Dots:
		return "scatter"
	case Band, Cells, Tiles:
		return "custom"
	case Strand:
		return "parallel"
	}
	return "line"
}

func markLines(s Series) *opts.MarkLines {
	lines := &opts.MarkLines{}
	for _, m := range s.Marks {
		if s.Vertical {
			lines.Data = append(lines.Data, opts.MarkLineNameXAxisItem{Name: m.Name, XAxis: m.Value})
		} else {
			lines.Data = append(lines.Data, opts.MarkLineNameYAxisItem{Name: m.Name, YAxis: m.Value})
		}
	}
	return lines
}
