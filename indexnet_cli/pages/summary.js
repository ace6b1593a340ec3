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
  const heads = regions.flatMap(region => metrics.map(metric =>
    element("th", {scope: "col"}, metric.title + (regions.length > 1 ? ` ${region.key}` : ""))));
  const head = element("tr", {}, element("th", {class: "text", scope: "col"}, "mattes"),
    element("th", {scope: "col"}, "images"), ...heads,
    element("th", {class: "text", scope: "col"}, content.published ? "source" : ""));
  byId("means").replaceChildren(element("thead", {}, head),
    element("tbody", {}, ...sources.map(meansRow), ...publishedRows()));
  showGroups();
}

function meansRow(source, number) {
  const cells = regions.flatMap(region => metrics.map(metric =>
    element("td", {}, shown(metric.key, source.means[region.key][metric.key]))));
  return element("tr", {class: "ours"}, element("td", {class: "name"}, dot(number), source.label),
    element("td", {}, String(source.scored)), ...cells, element("td", {class: "source"}, "this evaluation"));
}

function publishedRows() {
  const table = content.published;
  if (!table) return [];
  const rows = table.rows.map(row => element("tr", {}, element("td", {class: "text"}, row.method),
    element("td", {}, String(table.images)),
    ...regions.flatMap(region => metrics.map(metric =>
      element("td", {}, shown(metric.key, region.key === row.region ? row[metric.key] : null)))),
    element("td", {class: "source"}, row.flavour ? `${row.source}; ${row.flavour} rules` : row.source)));
  if (!table.whole_set) {
    const columns = 3 + regions.length * metrics.length;
    rows.unshift(element("tr", {}, element("td", {class: "source", colspan: columns},
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
