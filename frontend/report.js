// Draws the charts of a page. A chart is a <div data-chart="ID"> together with the JSON of a
// <script type="application/json" id="ID">, which Django's `json_script` filter writes:
//
//   type         "bar" or "line"
//   description  what the chart shows, in a sentence, for people who listen to the page
//   categories   labels of the x axis
//   series       [{name, values, colour, area?}], values in step with categories; colour is a key of COLOURS,
//                area fills what is below a line
//   format       {currency, minor_digits}: values are whole minor units of a currency; absent for counts
//
// Colours come from the tokens in style.css and follow the light or dark theme.

import { BarChart, LineChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";

use([AriaComponent, BarChart, GridComponent, LegendComponent, LineChart, SVGRenderer, TooltipComponent]);

const COLOURS = {
  accent: "--chart-1",
  sales: "--chart-2",
  quiet: "--tone-waiting",
  text: "--chart-text",
  line: "--chart-line",
  surface: "--chart-surface",
};

// The first and the last label of a line's axis stand below its ends, and would stick out.
const ENDS_INSIDE = { alignMinLabel: "left", alignMaxLabel: "right", showMinLabel: true, showMaxLabel: true };

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
  return Object.fromEntries(Object.entries(COLOURS).map(([name, token]) => [name, colourOf(token)]));
}

function numberFormat({ currency, minor_digits: digits = 0 } = {}, { compact = false } = {}) {
  const money = currency ? { style: "currency", currency, currencyDisplay: "narrowSymbol" } : {};
  const short = compact ? { notation: "compact", minimumFractionDigits: 0, maximumFractionDigits: 1 } : {};
  const format = new Intl.NumberFormat(document.documentElement.lang || "en", { ...money, ...short });
  return (value) => (value === null || value === undefined ? "–" : format.format(value / 10 ** digits));
}

function axes(chart, colours) {
  const label = { color: colours.text };
  return {
    grid: { left: 0, right: 8, top: chart.series.length > 1 ? 32 : 12, bottom: 4, containLabel: true },
    xAxis: {
      type: "category",
      data: chart.categories,
      boundaryGap: chart.type === "bar",
      axisLabel: { ...label, hideOverlap: true, ...(chart.type === "line" ? ENDS_INSIDE : {}) },
      axisLine: { lineStyle: { color: colours.line } },
      axisTick: { show: false },
    },
    yAxis: {
      type: "value",
      minInterval: chart.format ? undefined : 1,
      splitNumber: 4,
      axisLabel: { ...label, formatter: numberFormat(chart.format, { compact: true }) },
      splitLine: { lineStyle: { color: colours.line } },
    },
  };
}

function optionOf(chart) {
  const colours = palette();
  return {
    animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    animationDuration: 300,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: colours.text },
    aria: { enabled: true, label: { description: chart.description } },
    tooltip: {
      trigger: "axis",
      axisPointer: { type: chart.type === "bar" ? "shadow" : "line" },
      confine: true,
      backgroundColor: colours.surface,
      borderColor: colours.line,
      textStyle: { color: colours.text },
      valueFormatter: numberFormat(chart.format),
    },
    legend: chart.series.length > 1 ? { left: 0, top: 0, textStyle: { color: colours.text } } : undefined,
    ...axes(chart, colours),
    series: chart.series.map((series) => ({
      type: chart.type,
      name: series.name,
      data: series.values,
      color: colours[series.colour],
      barMaxWidth: 40,
      itemStyle: { borderRadius: chart.type === "bar" ? [3, 3, 0, 0] : 0 },
      lineStyle: { width: 2 },
      showSymbol: false,
      areaStyle: series.area ? { opacity: 0.12 } : undefined,
    })),
  };
}

function start(element) {
  const chart = JSON.parse(document.getElementById(element.dataset.chart).textContent);
  const instance = init(element, null, { renderer: "svg" });
  const draw = () => instance.setOption(optionOf(chart), { notMerge: true });
  draw();
  new ResizeObserver(() => instance.resize()).observe(element);
  return draw;
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
