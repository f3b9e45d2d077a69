// Draws every chart of a page from the JSON that stands beside it; follows the theme and the size of its place. The table below each chart says the same.
import * as echarts from "../vendor/echarts.mjs";

const language = document.documentElement.lang;
const plain = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
const compact = new Intl.NumberFormat(language, { notation: "compact", maximumFractionDigits: 2 });

const spoken = 1e4;

/** A number in units that people say; below ten thousand as it stands. */
export const short = (value) => (Math.abs(value) < spoken ? plain : compact).format(value);
const forms = { percent: (v) => `${plain.format(100 * v)} %`, number: plain.format, digits: plain.format, hours: plain.format };
const written = (form) => (value) => (value === null || value === undefined || Number.isNaN(value) ? "–" : (forms[form] ?? short)(value));

// Okabe and Ito's colours, which people who see fewer colours tell apart; lighter ones on dark ground.
const palettes = {
  light: ["#0072b2", "#d55e00", "#007a5a", "#b05a8f", "#8a6d00", "#2f7fb5", "#444444"],
  dark: ["#56b4e9", "#f0a04b", "#3fc79a", "#e3a3cb", "#f0e442", "#9fd3f2", "#cccccc"],
};
const theme = () => (document.documentElement.dataset.bsTheme === "dark" ? "dark" : "light");

const themed = (given) => {
  const style = getComputedStyle(document.body);
  const text = style.color, line = theme() === "dark" ? "#55606e" : "#c9d1da";
  const { form, ...option } = structuredClone(given);
  const say = written(form);
  const axis = { axisLabel: { color: text, fontFamily: style.fontFamily, hideOverlap: true }, axisLine: { lineStyle: { color: line } }, splitLine: { lineStyle: { color: line, opacity: 0.5 } } };
  const joined = (own) => ({ ...axis, ...own, axisLabel: { ...axis.axisLabel, ...own?.axisLabel } });
    const valued = (own) => (own.type === "value" ? { ...own, axisLabel: { ...own.axisLabel, formatter: say } } : own);
  option.xAxis &&= joined(valued(option.xAxis));
  option.yAxis &&= joined(valued(option.yAxis));
  option.visualMap &&= { ...option.visualMap, textStyle: { color: text }, inRange: { color: theme() === "dark" ? ["#1c2b3a", "#56b4e9", "#f0e442"] : ["#eef4f8", "#0072b2", "#5a2a00"] } };
  option.tooltip &&= { confine: true, ...option.tooltip, valueFormatter: say, backgroundColor: style.backgroundColor, borderColor: line, textStyle: { color: text } };
  option.legend &&= { ...option.legend, textStyle: { color: text } };
  return { color: palettes[theme()], animation: !matchMedia("(prefers-reduced-motion: reduce)").matches, textStyle: { fontFamily: style.fontFamily }, ...option };
};

const drawn = new Map();
const draw = (place) => {
  const option = JSON.parse(document.getElementById(place.dataset.chart).textContent);
  place.style.height = `${place.dataset.height}px`;
  const chart = drawn.get(place) ?? echarts.init(place, null, { renderer: "svg" });
  drawn.set(place, chart);
  chart.setOption(themed(option), true);
};

/** Draw all charts of the page that are there now. */
export const drawAll = () => document.querySelectorAll("[data-chart]").forEach(draw);

drawAll();
document.addEventListener("theme", drawAll);
new ResizeObserver(() => drawn.forEach((chart) => chart.resize())).observe(document.getElementById("main"));
addEventListener("beforeprint", () => drawn.forEach((chart) => chart.resize()));
