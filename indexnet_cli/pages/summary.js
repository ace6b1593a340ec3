"use strict";
/* What is wrong, the means beside what is published, and the groups. */
function showProblems() {
  const problems = content.problems ?? [];
  byId("problems").hidden = !problems.length;
  byId("problems-title").textContent = problems.length === 1 ? "1 file could not be scored"
    : `${problems.length} files could not be scored`;
  byId("problems").querySelector("ul").replaceChildren(...problems.map(one =>
    element("li", {}, element("b", {}, one.kind), ` ${one.file}: ${one.message}`)));
}

function showSummary() {
  byId("about").textContent = [`${content.items.length} images`, content.made].filter(Boolean).join(" · ");
  if (!sources.length) return;
  byId("summary").hidden = byId("plots").hidden = false;
  byId("rules").textContent = content.rules;
  const head = element("tr", {}, element("th", {class: "text", scope: "col"}, "mattes"),
    element("th", {class: "text", scope: "col"}, "pixels"), element("th", {scope: "col"}, "images"),
    ...metrics.map(metric => element("th", {scope: "col"}, metric.title)),
    element("th", {class: "text", scope: "col"}, content.published ? "source" : ""));
  byId("means").replaceChildren(element("thead", {}, head), element("tbody", {},
    ...regions.flatMap(region => sources.map((source, number) => meansRow(source, number, region))),
    ...publishedRows()));
  showGroups();
}

function meansRow(source, number, region) {
  const means = source.means[region.key];
  return element("tr", {class: "ours"}, element("td", {class: "text"}, dot(number), source.label),
    element("td", {class: "text"}, region.title), element("td", {}, String(source.scored)),
    ...metrics.map(metric => element("td", {}, shown(metric.key, means[metric.key]))),
    element("td", {class: "source"}, "this evaluation"));
}

function publishedRows() {
  const table = content.published;
  if (!table) return [];
  const kept = table.rows.filter(row => regions.some(region => region.key === row.region));
  const rows = kept.map(row => element("tr", {}, element("td", {class: "text"}, row.method),
    element("td", {class: "text"}, titleOf(regions, row.region)), element("td", {}, String(table.images)),
    ...metrics.map(metric => element("td", {}, shown(metric.key, row[metric.key]))),
    element("td", {class: "source"}, row.flavour ? `${row.source}; ${row.flavour} rules` : row.source)));
  if (rows.length && !table.whole_set) {
    rows.unshift(element("tr", {}, element("td", {class: "source", colspan: 4 + metrics.length},
      `Published for all ${table.images} images: not comparable with a part of them.`)));
  }
  return rows;
}

function showGroups() {
  const tables = sources.flatMap(source => regions.flatMap(region =>
    ["type", "category"].map(by => [source, region, by, source.groups[region.key][by]])));
  byId("groups").replaceChildren(...tables.filter(found => found[3].length).map(
    ([source, region, by, groups]) => element("div", {},
      element("h3", {}, `SAD by ${by}, ${source.label}, ${region.title}`),
      element("table", {}, element("tbody", {}, ...groups.map(group => element("tr", {},
        element("td", {class: "text"}, group.name), element("td", {}, String(group.images)),
        element("td", {}, shown("sad", group.sad)))))))));
}
