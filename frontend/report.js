// Draws the charts of a page. A chart is a <div data-chart="NAME"> together with the JSON of a
// <script type="application/json" id="NAME">, which Django's `json_script` filter writes:
//
//   type         "bar", "line" or "pie"
//   description  what the chart shows, in a sentence, for people who listen to the page
//   categories   labels of the x axis                                            (bar and line)
//   series       [{name, values, type?, stack?}], values in step with categories (bar and line)
//   slices       [{name, value}]                                                 (pie)
//   format       {minor_digits, prefix}: values are whole minor units, shown with so many decimals; absent for counts
//
// Colours come from the tokens in style.css and follow the light or dark theme.

import { BarChart, LineChart, PieChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";

use([
  AriaComponent,
  BarChart,
  GridComponent,
  LegendComponent,
  LineChart,
  PieChart,
  SVGRenderer,
  TooltipComponent,
]);

const SERIES_COLOURS = 6;

// A custom property may hold light-dark(…); the colour of a real element is what it comes to.
function colourOf(token) {
  const probe = document.createElement("span");
  probe.style.color = `var(${token})`;
  document.body.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}

function palette() {
  const series = Array.from({ length: SERIES_COLOURS }, (_, index) => colourOf(`--chart-${index + 1}`));
  return {
    series,
    text: colourOf("--chart-text"),
    line: colourOf("--chart-line"),
    surface: colourOf("--chart-surface"),
  };
}

function numberFormat({ minor_digits: digits = 0, prefix = "" } = {}, { compact = false } = {}) {
  const decimals = compact ? { notation: "compact", maximumFractionDigits: 1 } : { minimumFractionDigits: digits };
  const format = new Intl.NumberFormat(document.documentElement.lang || "en", decimals);
  return (value) => {
    if (value === null || value === undefined) {
      return "–";
    }
    const sign = value < 0 ? "−" : "";
    return `${sign}${prefix}${format.format(Math.abs(value) / 10 ** digits)}`;
  };
}

function common(chart, colours, manySeries) {
  return {
    color: colours.series,
    animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    animationDuration: 300,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: colours.text },
    // Patterns beside colours, so that series can be told apart without seeing colour.
    aria: { enabled: true, label: { description: chart.description }, decal: { show: manySeries } },
    legend: { show: manySeries, bottom: 0, icon: "roundRect", textStyle: { color: colours.text } },
    tooltip: {
      confine: true,
      backgroundColor: colours.surface,
      borderColor: colours.line,
      textStyle: { color: colours.text },
      valueFormatter: numberFormat(chart.format),
    },
  };
}

function axesOption(chart, colours) {
  const manySeries = chart.series.length > 1;
  const shared = common(chart, colours, manySeries);
  const label = { color: colours.text };
  return {
    ...shared,
    tooltip: { ...shared.tooltip, trigger: "axis", axisPointer: { type: chart.type === "bar" ? "shadow" : "line" } },
    grid: { left: 4, right: 12, top: 16, bottom: manySeries ? 36 : 4, containLabel: true },
    xAxis: {
      type: "category",
      data: chart.categories,
      axisLabel: { ...label, hideOverlap: true },
      axisLine: { lineStyle: { color: colours.line } },
      axisTick: { show: false },
    },
    yAxis: {
      type: "value",
      minInterval: chart.format ? undefined : 1,
      axisLabel: { ...label, formatter: numberFormat(chart.format, { compact: true }) },
      splitLine: { lineStyle: { color: colours.line } },
    },
    series: chart.series.map((series) => ({
      type: series.type ?? chart.type,
      name: series.name,
      data: series.values,
      stack: series.stack,
      barMaxWidth: 48,
      symbolSize: 6,
      itemStyle: { borderRadius: series.stack ? 0 : [3, 3, 0, 0] },
    })),
  };
}

function pieOption(chart, colours) {
  const shared = common(chart, colours, true);
  return {
    ...shared,
    tooltip: { ...shared.tooltip, trigger: "item" },
    series: [
      {
        type: "pie",
        radius: ["48%", "72%"],
        center: ["50%", "44%"],
        data: chart.slices,
        label: { show: false },
        itemStyle: { borderColor: colours.surface, borderWidth: 2 },
      },
    ],
  };
}

function draw(instance, chart) {
  const option = chart.type === "pie" ? pieOption : axesOption;
  instance.setOption(option(chart, palette()), { notMerge: true });
}

function start(element) {
  const chart = JSON.parse(document.getElementById(element.dataset.chart).textContent);
  const instance = init(element, null, { renderer: "svg" });
  draw(instance, chart);
  new ResizeObserver(() => instance.resize()).observe(element);
  return () => draw(instance, chart);
}

function startAll() {
  const redraws = [...document.querySelectorAll("[data-chart]")].map(start);
  const redrawAll = () => redraws.forEach((redraw) => redraw());
  new MutationObserver(redrawAll).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redrawAll);
}

if (document.readyState === "loading") {
  document.addEventListener("DOMContentLoaded", startAll);
} else {
  startAll();
}
