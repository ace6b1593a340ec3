"use strict";
/* What the page knows and shows. The content (JSON):
   items: [{name, width, height, unknown_share?, type?, category?,
            scores?: [per source {region: {metric: number|null}} | null]}],
   and, where there are scores: metrics, regions: [{key, title}], units: {metric: unit},
   sources: [{label, scored, means, groups}], published, comparisons, problems, rules. */
const content = JSON.parse(document.getElementById("content").textContent);
const metrics = content.metrics ?? [];
const regions = content.regions ?? [];
const sources = content.sources ?? [];
const state = {
  metric: metrics[0]?.key, region: regions[0]?.key, source: 0,
  sort: metrics.length ? "error" : "name", sortMetric: metrics[0]?.key, descending: metrics.length > 0,
};

const byId = id => document.getElementById(id);
const DIGITS = {sad: 2, mse: 4, mad: 4, grad: 2, conn: 2};
const titleOf = (list, key) => list.find(one => one.key === key)?.title ?? key;

function shown(metric, value, signed = false) {
  if (value === null || value === undefined) return "–";
  const text = Math.abs(value).toFixed(DIGITS[metric] ?? 2);
  return (value < 0 ? "−" : signed ? "+" : "") + text;
}

const hasShares = content.items.some(item => typeof item.unknown_share === "number");
const percent = share => `${(share * 100).toFixed(1)} %`;

function unitOf(metric) {
  const unit = content.units?.[metric] ?? "";
  return unit.startsWith("mean") ? "mean over pixels" : unit;
}

function errorOf(item, source = state.source, metric = state.metric) {
  return item.scores?.[source]?.[state.region]?.[metric] ?? null;
}

/* Pictures are decoded when they are asked for; a few are kept. */
const kept = new Map();
function picturesOf(number) {
  if (!kept.has(number)) {
    if (kept.size > 40) kept.delete(kept.keys().next().value);
    kept.set(number, JSON.parse(byId(`pictures-${number}`).textContent));
  }
  return kept.get(number);
}

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

function fillSelect(select, options, chosen, onChange) {
  select.replaceChildren(...options.map(([value, text]) => element("option", {value}, text)));
  select.value = chosen;
  select.addEventListener("change", () => onChange(select.value));
}

const colourOf = source => `var(--c${source % 4})`;
const dot = source => element("span", {class: "dot", style: `background:${colourOf(source)}`});
