/* Starts the page and lets its parts know of each other. */
import {Controls, byId} from "./controls.js";
import {Link, pause} from "./link.js";
import {Picture} from "./picture.js";
import {Stage} from "./stage.js";
import {Tools} from "./tools.js";
import {empty} from "./trimap.js";

const TOAST = 6000;
const style = {view: "trimap", colour: [0, 177, 64], behind: null, outline: false};
const STATES = {busy: "Refreshing the matte…", preview: "Matte: preview, refining…", exact: "Matte: final"};
export let picture;
let stage, tools, name, lost = false, saving = false, exact = false;

const link = new Link({connected, done, refused});

async function start() {
  let state = await link.state();
  if (await link.resume(state.picture)) state = await link.state();
  name = state.name;
  link.revision = state.revision;
  picture = new Picture(state.width, state.height, await link.image());
  picture.putTrimap(picture.whole, (await link.trimap(picture.whole)).levels);
  stage = new Stage(byId("canvas"), picture, style, (context, shown) => {
    tools?.draw(context, shown);
    shownZoom();
  });
  tools = new Tools(stage, picture, {painted, operation: send, box: cutBox, hover});
  const once = kind => () => send({do: kind, name: crypto.randomUUID(), part: 0});
  new Controls(stage, tools, style, {undo: once("undo"), redo: once("redo"), save, tell});
  byId("size").textContent = `${state.width} × ${state.height}`;
  byId("outputs").textContent = `Save writes ${Object.values(state.outputs).join(", ")}.`;
  byId("start").hidden = state.canUndo;
  told(state);
  link.listen(takeMatte);
  document.body.dataset.ready = "yes";
}

function painted(box) {
  exact = false;
  if (!empty(box)) stage.refresh(box);
  tellMatte();
}

function send(operation) {
  byId("start").hidden = true;
  link.send(operation);
  tellMatte();
}

/* Operations are done there; what is no brush changes pixels that only the program knows. */
async function done(state, operations, missed) {
  told(state);
  lost ||= missed;
  exact = false;
  if (operations.some(one => one.do !== "paint") && state.changed) await fetchTrimap(state.changed);
  if (lost && link.settled) await sync();
  tellMatte();
}

async function fetchTrimap(box) {
  if (empty(box)) return;
  const answer = await link.trimap(box);
  picture.putTrimap(answer.box, answer.levels);
  tools.repaint(link.queue);
  stage.refresh(answer.box);
}

async function sync() {
  const state = await link.state();
  link.revision = state.revision;
  lost = false;
  told(state);
  await fetchTrimap(picture.whole);
}

async function takeMatte(message, body) {
  if (message.revision > link.revision && link.settled && !tools.stroke) await sync();
  const current = message.revision >= link.revision && link.settled && !tools.stroke;
  picture.putMatte(message.box, body, current);
  stage.refresh(message.box);
  exact = current && message.exact;
  if (message.problem) tell(message.problem);
  tellMatte(current);
}

async function cutBox([x, y, width, height]) {
  byId("start").hidden = true;
  await command("box", {box: [x, y, width, height]}, "Looking for the subject in the box…");
}

async function save() {
  if (saving) return;
  saving = true;
  byId("save").disabled = true;
  const state = await command("save", {}, "Saving…");
  if (state) tell(`Saved ${state.saved.join(", ")}`);
  byId("save").disabled = saving = false;
}

async function command(path, body, wait) {
  tell(wait);
  await link.sending;
  try {
    const state = await link.command(path, body);
    byId("toast").hidden = true;
    told(state);
    if (state.changed) await fetchTrimap(state.changed);
    return state;
  } catch (error) {
    tell(error.message);
  }
}

function refused(message, gone) {
  tell(message);
  lost ||= gone;
  if (gone && link.settled) sync();
}

function connected(yes) {
  byId("banner").hidden = yes;
  byId("banner").textContent = `The program has ended. Nothing is lost: run “indexnet edit” on ${name} `
    + "again and this page goes on.";
  lost = true;
  if (yes && link.settled) sync();
  tellMatte();
}

function told(state) {
  byId("undo").disabled = !state.canUndo;
  byId("redo").disabled = !state.canRedo;
  byId("unknown").textContent = `Unknown ${(100 * state.unknown).toFixed(1)} %`;
  document.body.dataset.revision = state.revision;
}

function tellMatte(current = false) {
  const state = exact ? "exact" : current ? "preview" : "busy";
  document.body.dataset.matte = state;
  document.querySelector("#matte-state span").textContent = STATES[state];
  hover(tools?.hover);
}

function hover(point) {
  const [x, y] = (point ?? [-1, -1]).map(Math.floor);
  const inside = x >= 0 && y >= 0 && x < picture.width && y < picture.height;
  const index = y * picture.width + x;
  byId("under").textContent = inside ? `${x}, ${y}: alpha ${(picture.alpha[index] / 255).toFixed(2)}` : "";
}

function shownZoom() {
  byId("zoom").textContent = `${Math.round(100 * stage.scale / stage.ratio)} %`;
}

async function tell(text) {
  const toast = byId("toast");
  toast.textContent = text;
  toast.hidden = false;
  await pause(TOAST);
  if (toast.textContent === text) toast.hidden = true;
}

window.addEventListener("beforeunload", event => {
  if (!link.settled) event.preventDefault();
});
start().catch(error => {
  byId("banner").hidden = false;
  byId("banner").textContent = `The page could not start: ${error.message}`;
});
