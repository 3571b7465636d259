// The parts of echarts that the pages use. To use another type of chart, add it here and run
// `build` again.
import { use } from "echarts/core";
import { LineChart, ScatterChart, CustomChart, ParallelChart } from "echarts/charts";
import {
  GridComponent, TooltipComponent, LegendComponent, TitleComponent, GraphicComponent, MarkLineComponent, MarkPointComponent, ParallelComponent,
} from "echarts/components";
import { CanvasRenderer, SVGRenderer } from "echarts/renderers";

use([
  LineChart, ScatterChart, CustomChart, ParallelChart,
  GridComponent, TooltipComponent, LegendComponent, TitleComponent, GraphicComponent, MarkLineComponent, MarkPointComponent, ParallelComponent,
  CanvasRenderer, SVGRenderer,
]);

export { init, connect, color } from "echarts/core";
