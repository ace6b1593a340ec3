"use strict";
/* The list of images: sorted, filtered, with thumbnails that load as they come into view. */
let visible = [];  // numbers of the items in the order shown

const loader = new IntersectionObserver(entries => {
  for (const entry of entries) {
    if (!entry.isIntersecting) continue;
    loader.unobserve(entry.target);
    const own = picturesOf(Number(entry.target.dataset.number)).sources[state.source];
    if (own) entry.target.src = own.thumbnail;
  }
}, {rootMargin: "300px"});

function sortValue(item) {
  if (state.sort === "name") return item.name;
  if (state.sort === "unknown") return item.unknown_share;
  return errorOf(item, state.source, state.sortMetric);
}

function matches(item) {
  const part = byId("name-filter").value.trim().toLowerCase();
  if (part && !item.name.toLowerCase().includes(part)) return false;
  const group = byId("group-filter").value;
  if (group && item.type !== group && item.category !== group) return false;
  const error = errorOf(item, state.source, state.sortMetric);
  const least = byId("least").valueAsNumber, most = byId("most").valueAsNumber;
  return !(error < least) && !(error > most);
}

function order(a, b) {
  const [left, right] = [sortValue(content.items[a]), sortValue(content.items[b])];
  if (left === null || right === null) return (left === null) - (right === null);
  const compared = typeof left === "string" ? left.localeCompare(right, "en", {numeric: true}) : left - right;
  return (state.descending ? -compared : compared) || a - b;
}

function sortBy(key, metric) {
  const same = state.sort === key && (!metric || state.sortMetric === metric);
  state.descending = same ? !state.descending : key !== "name";
  state.sort = key;
  if (metric) state.sortMetric = metric;
  showImages();
}

function headCell(text, key, metric, unit = "") {
  const sorted = state.sort === key && (!metric || state.sortMetric === metric);
  return element("th", {scope: "col", class: key === "name" ? "text" : null,
    "aria-sort": sorted ? (state.descending ? "descending" : "ascending") : null},
  element("button", {type: "button", title: unit, onclick: () => sortBy(key, metric),
    "data-sort": metric ?? key}, text));
}

function showHead() {
  const focused = document.activeElement?.dataset?.sort;
  byId("list").tHead.replaceChildren(element("tr", {},
    element("td", {}, element("span", {class: "hidden"}, "matte")), headCell("image", "name"),
    ...(hasShares ? [headCell("unknown", "unknown", null, "share of the area")] : []),
    ...metrics.map(metric => headCell(metric.title, "error", metric.key, unitOf(metric.key)))));
  if (focused) byId("list").tHead.querySelector(`[data-sort="${focused}"]`)?.focus();
}

function row(number, top) {
  const item = content.items[number];
  const thumbnail = element("img", {alt: "", "data-number": number});
  loader.observe(thumbnail);
  const about = [item.type, item.category].filter(Boolean).join(", ");
  const cells = metrics.map(metric => {
    const value = errorOf(item, state.source, metric.key);
    const sorted = state.sort === "error" && metric.key === state.sortMetric;
    return element("td", sorted ? {class: "sorted", style: `--part:${(value / top * 100).toFixed(1)}%`} : {},
      shown(metric.key, value));
  });
  return element("tr", {"data-number": number, onclick: () => openViewer(number)},
    element("td", {class: "picture"}, thumbnail),
    element("td", {class: "text"}, element("button", {type: "button", class: "open"}, item.name),
      ...(about ? [element("div", {class: "fine"}, about)] : [])),
    ...(hasShares ? [element("td", {}, percent(item.unknown_share))] : []), ...cells);
}

function showImages() {
  loader.disconnect();
  visible = content.items.map((_, number) => number).filter(n => matches(content.items[n])).sort(order);
  const top = Math.max(1e-9, ...content.items.map(item => errorOf(item, state.source, state.sortMetric) ?? 0));
  showHead();
  byId("least-name").textContent = titleOf(metrics, state.sortMetric);
  byId("list").tBodies[0].replaceChildren(...visible.map(number => row(number, top)));
  byId("count").textContent = `${visible.length} of ${content.items.length}`;
}
