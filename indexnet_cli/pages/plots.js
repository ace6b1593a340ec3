"use strict";
/* Plots as SVG, in the colours of the sources. */
const WIDTH = 420, HEIGHT = 250, PAD = {left: 46, right: 12, top: 18, bottom: 36};

function drawn(tag, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function niceTicks(low, high, count = 5) {
  if (!(high > low)) high = low + 1;
  const rough = (high - low) / count, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map(m => m * power).find(s => s >= rough);
  const ticks = [];
  for (let tick = Math.ceil(low / step) * step; tick <= high + step / 1e6; tick += step) {
    ticks.push(Math.abs(tick) < step / 1e6 ? 0 : tick);
  }
  return ticks;
}

const tickText = value => Number(value.toPrecision(3)).toLocaleString("en", {maximumFractionDigits: 5});

/* An empty plot with axes; x and y turn values into positions. */
function axes(target, label, [x0, x1], [y0, y1], xTitle, yTitle, yText = tickText) {
  const x = v => PAD.left + (v - x0) / (x1 - x0 || 1) * (WIDTH - PAD.left - PAD.right);
  const y = v => HEIGHT - PAD.bottom - (v - y0) / (y1 - y0 || 1) * (HEIGHT - PAD.top - PAD.bottom);
  const svg = drawn("svg", {viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label});
  for (const tick of niceTicks(y0, y1, 4)) {
    svg.append(drawn("line", {class: "grid", x1: PAD.left, x2: WIDTH - PAD.right, y1: y(tick), y2: y(tick)}));
    svg.append(drawn("text", {x: PAD.left - 6, y: y(tick) + 4, "text-anchor": "end"}, yText(tick)));
  }
  for (const tick of niceTicks(x0, x1)) {
    svg.append(drawn("text", {x: x(tick), y: HEIGHT - PAD.bottom + 15, "text-anchor": "middle"}, tickText(tick)));
  }
  svg.append(drawn("line", {class: "axis", x1: PAD.left, x2: WIDTH - PAD.right, y1: y(y0), y2: y(y0)}));
  svg.append(drawn("text", {x: WIDTH - PAD.right, y: HEIGHT - 4, "text-anchor": "end"}, xTitle));
  if (yTitle) svg.append(drawn("text", {x: 0, y: 8}, yTitle));
  target.replaceChildren(svg);
  return {svg, x, y};
}

function pointFor(number, cx, cy, source, text) {
  const point = drawn("circle", {class: "point", cx, cy, r: 4, fill: colourOf(source)});
  point.append(drawn("title", {}, text));
  point.addEventListener("click", () => openViewer(number, source));
  return point;
}

const valuesOf = source => content.items.map(item => errorOf(item, source)).filter(v => v !== null);
const largest = lists => Math.max(1e-9, ...lists.map(list => list.reduce((a, b) => Math.max(a, b), 0)));
const errorTitle = () => `${titleOf(metrics, state.metric)} (${unitOf(state.metric)})`;

function drawHistogram(lists) {
  const top = largest(lists), bins = Math.min(24, Math.max(6, Math.ceil(Math.sqrt(lists[0].length) * 1.5)));
  const counts = lists.map(list => {
    const count = new Array(bins).fill(0);
    for (const value of list) count[Math.min(bins - 1, Math.floor(value / top * bins))]++;
    return count;
  });
  const most = largest(counts), name = titleOf(metrics, state.metric);
  const whole = value => Number.isInteger(value) ? String(value) : "";
  const plot = axes(byId("histogram"), `Histogram of ${name}`, [0, top], [0, most * 1.05], errorTitle(), "", whole);
  const width = (plot.x(top) - plot.x(0)) / bins, part = (width - 2) / lists.length;
  counts.forEach((count, source) => count.forEach((n, bin) => {
    if (!n) return;
    const bar = drawn("rect", {x: plot.x(0) + bin * width + 1 + part * source, y: plot.y(n),
      width: Math.max(1, part), height: plot.y(0) - plot.y(n), fill: colourOf(source), rx: 1});
    bar.append(drawn("title", {}, `${n} images from ${shown(state.metric, top * bin / bins)} to ${shown(state.metric, top * (bin + 1) / bins)}`));
    plot.svg.append(bar);
  }));
}

function drawCumulative(lists) {
  const top = largest(lists), name = titleOf(metrics, state.metric);
  const plot = axes(byId("cumulative"), `Share of images whose ${name} is at most a value`, [0, top], [0, 1],
    errorTitle(), "", v => `${Math.round(v * 100)} %`);
  lists.forEach((list, source) => {
    const sorted = [...list].sort((a, b) => a - b);
    let path = `M${plot.x(0)} ${plot.y(0)}`;
    sorted.forEach((value, i) => { path += `H${plot.x(value).toFixed(1)}V${plot.y((i + 1) / sorted.length).toFixed(1)}`; });
    plot.svg.append(drawn("path", {d: `${path}H${plot.x(top)}`, fill: "none", stroke: colourOf(source), "stroke-width": 2}));
  });
}

function drawArea(lists) {
  const share = Math.max(...content.items.map(item => item.unknown_share)) * 100;
  const plot = axes(byId("area"), `${titleOf(metrics, state.metric)} against the unknown share of the area`,
    [0, share * 1.03], [0, largest(lists) * 1.05], "unknown share of the area (%)", "");
  sources.forEach((_, source) => content.items.forEach((item, number) => {
    const error = errorOf(item, source);
    if (error === null) return;
    plot.svg.append(pointFor(number, plot.x(item.unknown_share * 100), plot.y(error), source, `${item.name}: ${shown(state.metric, error)}`));
  }));
}

function drawVersus() {
  byId("versus-figure").hidden = sources.length < 2;
  if (sources.length < 2) return;
  const top = largest(sources.map((_, source) => valuesOf(source))) * 1.04;
  const plot = axes(byId("versus"), "Errors of the others against those of the first", [0, top], [0, top], `${titleOf(metrics, state.metric)} of ${sources[0].label}`,
    sources.length === 2 ? `of ${sources[1].label}` : "of the others");
  plot.svg.append(drawn("line", {class: "axis", "stroke-dasharray": "4 4", x1: plot.x(0), y1: plot.y(0), x2: plot.x(top), y2: plot.y(top)}));
  content.items.forEach((item, number) => {
    const first = errorOf(item, 0);
    for (let source = 1; source < sources.length; source++) {
      const other = errorOf(item, source);
      if (first === null || other === null) continue;
      plot.svg.append(pointFor(number, plot.x(first), plot.y(other), source,
        `${item.name}: ${shown(state.metric, first)} and ${shown(state.metric, other)}`));
    }
  });
}

/* One row a metric and source, as parts of the first source's mean. */
function drawIntervals() {
  const found = (content.comparisons ?? []).filter(one => one.region === state.region);
  byId("intervals-figure").hidden = !found.length;
  if (!found.length) return;
  const rows = found.map(one => ({...one, base: sources[0].means[one.region][one.metric]})).filter(one => one.base);
  const reach = Math.max(0.02, ...rows.flatMap(r => [Math.abs(r.low / r.base), Math.abs(r.high / r.base)])) * 1.08;
  const line = 24, left = 210, right = 230, width = 900, height = rows.length * line + 34;
  const x = v => left + (v + reach) / (2 * reach) * (width - left - right);
  const svg = drawn("svg", {viewBox: `0 0 ${width} ${height}`, role: "img",
    "aria-label": "Mean differences with their 95 % intervals"});
  for (const tick of niceTicks(-reach, reach, 6)) {
    svg.append(drawn("line", {class: tick === 0 ? "axis" : "grid", x1: x(tick), x2: x(tick), y1: 4, y2: height - 26}));
    svg.append(drawn("text", {x: x(tick), y: height - 10, "text-anchor": "middle"}, `${tick > 0 ? "+" : ""}${Math.round(tick * 100)} %`));
  }
  rows.forEach((row, i) => {
    const y = i * line + 16, source = sources.findIndex(one => one.label === row.other), colour = colourOf(source);
    svg.append(drawn("text", {x: 0, y: y + 4}, `${titleOf(metrics, row.metric)}: ${row.other}`));
    svg.append(drawn("line", {x1: x(row.low / row.base), x2: x(row.high / row.base), y1: y, y2: y, stroke: colour, "stroke-width": 3}));
    svg.append(drawn("circle", {cx: x(row.mean / row.base), cy: y, r: 5, fill: colour}));
    svg.append(drawn("text", {x: width, y: y + 4, "text-anchor": "end"},
      `${shown(row.metric, row.mean, true)} (${shown(row.metric, row.low, true)} to ${shown(row.metric, row.high, true)}), better on ${row.better} of ${row.images}`));
  });
  byId("intervals").replaceChildren(svg);
}

function drawPlots() {
  const lists = sources.map((_, source) => valuesOf(source));
  drawHistogram(lists);
  drawCumulative(lists);
  drawArea(lists);
  drawVersus();
  drawIntervals();
}
