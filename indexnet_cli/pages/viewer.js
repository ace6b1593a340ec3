"use strict";
/* One image, its pictures on top of each other, a slider between two of them, and the worst patch. */
const LAYERS = [
  ["compare", "Compare"], ["image", "Image"], ["trimap", "Trimap"], ["matte", "Matte"],
  ["truth", "Truth"], ["difference", "Difference"],
];
const view = {number: 0, source: 0, layer: "compare", worst: false};
const viewer = byId("viewer");

function openViewer(number, source = state.source) {
  if (document.readyState === "loading") return;  // the pictures come last
  Object.assign(view, {number, source, worst: false});
  const opening = !viewer.open;
  if (opening) viewer.showModal();
  showView();
  if (opening && view.layer === "compare") byId("split").focus();
}

/* The pictures of the view: those of the whole image, or of the worst patch. */
function shownPictures() {
  const all = picturesOf(view.number), own = all.sources[view.source] ?? {};
  if (view.worst && own.patch) return {...own.patch, trimap: null, patch: own.patch};
  return {image: all.image, trimap: all.trimap, truth: all.truth, ...own};
}

function showView() {
  const item = content.items[view.number], pictures = shownPictures();
  const worst = view.worst && Boolean(pictures.patch);
  byId("viewer-name").textContent = item.name;
  showScores(item);
  showLayers(pictures);
  byId("worst").hidden = !pictures.patch;
  byId("worst").setAttribute("aria-pressed", String(worst));
  byId("worst").textContent = worst ? "Whole image" : "Zoom on worst patch";
  byId("viewer-source").value = view.source;
  const [width, height] = worst ? pictures.patch.box.slice(2) : [item.width, item.height];
  byId("frame").style.setProperty("--ratio", width / height);
  byId("frame").classList.toggle("patch", worst);
  showStage(item, pictures);
  showBox(item, worst ? null : pictures.patch);
  showHint(worst, pictures.patch);
}

function showScores(item) {
  const parts = metrics.map(metric => element("span", {}, `${metric.title} `,
    element("b", {}, shown(metric.key, errorOf(item, view.source, metric.key)))));
  const size = `${item.width} × ${item.height}`;
  const unknown = hasShares ? `unknown ${percent(item.unknown_share)} of ${size}` : size;
  byId("viewer-scores").replaceChildren(...parts, element("span", {}, unknown));
}

const partnersOf = pictures => pictures.truth ? ["matte", "truth"] : ["matte", "image"];

function has(pictures, layer) {
  return layer === "compare" ? partnersOf(pictures).every(one => pictures[one]) : Boolean(pictures[layer]);
}

function showLayers(pictures) {
  if (!has(pictures, view.layer)) view.layer = LAYERS.find(([key]) => has(pictures, key))?.[0] ?? "matte";
  byId("layers").replaceChildren(...LAYERS.map(([key, title], i) => {
    const button = element("button", {type: "button", "data-layer": key, title: `Key ${i + 1}`,
      "aria-pressed": String(key === view.layer), onclick: () => choose(key)}, title);
    button.disabled = !has(pictures, key);
    return button;
  }));
}

function choose(layer) {
  if (!has(shownPictures(), layer)) return;
  view.layer = layer;
  showView();
  byId("layers").querySelector(`[data-layer="${layer}"]`).focus();
}

function showStage(item, pictures) {
  const comparing = view.layer === "compare";
  const [left, right] = comparing ? partnersOf(pictures) : [view.layer, view.layer];
  for (const id of ["over", "split", "handle", "left-tag", "right-tag"]) byId(id).hidden = !comparing;
  byId("absent").hidden = Boolean(pictures[right]);
  byId("frame").hidden = !pictures[right];
  if (!pictures[right]) return;
  byId("under").src = pictures[right];
  byId("under").alt = `${right} of ${item.name}`;
  if (!comparing) return;
  byId("over").src = pictures[left];
  byId("over").alt = `${left} of ${item.name}`;
  byId("left-tag").textContent = sources.length > 1 ? sources[view.source].label : left;
  byId("right-tag").textContent = right;
  byId("split").setAttribute("aria-label", `Between ${left} and ${right}`);
  showSplit();
}

function showSplit() {
  const split = byId("split");
  byId("frame").style.setProperty("--split", `${split.value}%`);
  split.setAttribute("aria-valuetext", `${Math.round(split.value)} % matte`);
}

function showBox(item, patch) {
  const box = byId("box");
  box.hidden = !patch;
  if (!patch) return;
  const [left, top, width, height] = patch.box;
  Object.assign(box.style, {left: `${left / item.width * 100}%`, top: `${top / item.height * 100}%`,
    width: `${width / item.width * 100}%`, height: `${height / item.height * 100}%`});
}

function showHint(worst, patch) {
  const said = {
    compare: "Drag across the picture, or use the arrow keys on the slider.",
    difference: "Orange: the matte is too opaque. Blue: too transparent. Square root of the difference.",
  }[view.layer] ?? "";
  const where = worst ? `Window of ${patch.box[2]} × ${patch.box[3]} pixels with the largest error. `
    : patch ? "The frame is the window with the largest error. " : "";
  byId("hint").textContent = `${where}${said} Keys: 1 to 6 pictures, Z zoom, N next, P previous.`;
}

function step(by) {
  const at = visible.indexOf(view.number);
  const next = visible[(at + by + visible.length) % visible.length];
  if (next !== undefined) openViewer(next, view.source);
}

function toggleWorst() {
  if (!shownPictures().patch) return;
  view.worst = !view.worst;
  showView();
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.tagName === "SELECT") return;
  const key = event.key.toLowerCase(), layer = LAYERS[Number(key) - 1];
  if (layer) choose(layer[0]);
  else if (key === "z") toggleWorst();
  else if (key === "n") step(1);
  else if (key === "p") step(-1);
}

function onClosed() {
  byId("list").querySelector(`tr[data-number="${view.number}"] .open`)?.focus();
}
