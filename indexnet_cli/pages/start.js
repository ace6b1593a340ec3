"use strict";
/* Everything comes together. */
const pick = (name, redraw) => value => { state[name] = value; redraw(); };
const named = list => list.map(one => [one.key, one.title]);

function redrawAll() {
  state.sortMetric = state.metric;
  drawPlots();
  showImages();
}

showProblems();
showSummary();
if (sources.length) {
  fillSelect(byId("metric"), named(metrics), state.metric, pick("metric", redrawAll));
  fillSelect(byId("region"), named(regions), state.region, pick("region", redrawAll));
  if (sources.length > 1) byId("legend").replaceChildren(...sources.map((source, number) =>
    element("span", {}, dot(number), source.label)));
  drawPlots();
}
const labels = sources.map((source, number) => [String(number), source.label]);
fillSelect(byId("source"), labels, "0", value => { state.source = Number(value); showImages(); });
fillSelect(byId("viewer-source"), labels, "0", value => { view.source = Number(value); showView(); });
byId("region-label").hidden = regions.length < 2;
byId("source-label").hidden = byId("viewer-source-label").hidden = sources.length < 2;
const groups = [...new Set(content.items.flatMap(item => [item.type, item.category]).filter(Boolean))];
byId("group-label").hidden = !groups.length;
fillSelect(byId("group-filter"), [["", "all"], ...groups.sort().map(name => [name, name])], "", showImages);
for (const id of ["name-filter", "least", "most"]) byId(id).addEventListener("input", showImages);
for (const id of ["least", "most"]) byId(id).parentElement.hidden = !metrics.length;
byId("split").addEventListener("input", showSplit);
byId("worst").addEventListener("click", toggleWorst);
byId("next").addEventListener("click", () => step(1));
byId("previous").addEventListener("click", () => step(-1));
byId("close").addEventListener("click", () => viewer.close());
viewer.addEventListener("keydown", onKey);
viewer.addEventListener("close", onClosed);
/* The pictures come after this script. */
document.addEventListener("DOMContentLoaded", showImages);
