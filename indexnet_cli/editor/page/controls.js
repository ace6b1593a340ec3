/* Buttons, sliders and keys. */
import {VIEWS} from "./compose.js";

export const byId = id => document.getElementById(id);
const SWATCHES = ["#ffffff", "#000000", "#808080", "#00b140", "#0a63d6", "#d6249f"];
const STEP = 4;  // of the slider's hundred, for [ and ]

export function press(group, attribute, value) {
  for (const button of group.querySelectorAll("button"))
    button.setAttribute("aria-pressed", String(button.dataset[attribute] === value));
}

export class Controls {
  /* does: undo, redo, save. */
  constructor(stage, tools, style, does) {
    Object.assign(this, {stage, tools, style, does});
    this.largest = Math.min(1000, Math.max(stage.picture.width, stage.picture.height, 32) / 4);
    this.before = "cutout";
    for (const [id, attribute, choose] of [
      ["views", "view", value => this.view(value)],
      ["levels", "level", value => this.level(value)],
      ["tools", "tool", value => this.tool(value)],
    ])
      byId(id).addEventListener("click", event => {
        const button = event.target.closest("button");
        if (button) choose(button.dataset[attribute]);
      });
    for (const [id, act] of Object.entries({
      undo: does.undo, redo: does.redo, save: does.save, "help-button": () => byId("help").showModal(),
      "zoom-in": () => stage.zoom(1.5), "zoom-out": () => stage.zoom(1 / 1.5), zoom: () => stage.fit(),
    }))
      byId(id).addEventListener("click", act);
    byId("brush-size").addEventListener("input", event => this.#sizeOf(Number(event.target.value)));
    byId("outline").addEventListener("change", event => this.outline(event.target.checked));
    byId("picture").addEventListener("change", event => this.#behind(event.target.files[0]));
    this.#makeSwatches();
    // A button that the mouse has pressed does not keep the keys.
    document.addEventListener("click", event => {
      if (event.detail && event.target.closest("button, .check") && !byId("help").open) stage.canvas.focus();
    });
    document.addEventListener("keydown", event => this.#key(event));
    document.addEventListener("keyup", event => { if (event.key === " ") this.#space(false); });
    window.addEventListener("blur", () => this.#space(false));
    this.view(style.view);
    this.level(tools.level);
    this.tool(tools.tool);
    this.size(tools.radius);
  }

  view(name) {
    if (name !== "trimap") this.before = name;
    this.style.view = name;
    press(byId("views"), "view", name);
    byId("colours").hidden = name !== "colour";
    byId("pictures").hidden = name !== "picture";
    this.stage.refresh();
  }

  level(name) {
    this.tools.level = name;
    press(byId("levels"), "level", name);
    if (this.tools.tool === "move" || this.tools.tool === "box") this.tool("brush");
    this.stage.draw();
  }

  tool(name) {
    this.tools.tool = name;
    press(byId("tools"), "tool", name);
    this.stage.canvas.dataset.tool = name;
    this.stage.draw();
  }

  size(radius) {
    this.tools.radius = Math.min(Math.max(radius, 1), this.largest);
    byId("brush-size").value = 100 * Math.log(this.tools.radius) / Math.log(this.largest);
    byId("brush-shown").textContent = `${Math.round(2 * this.tools.radius)} px`;
    this.stage.draw();
  }

  #sizeOf(position) { this.size(this.largest ** (position / 100)); }

  outline(shown) {
    byId("outline").checked = this.style.outline = shown;
    this.stage.refresh();
  }

  colour(text) {
    this.style.colour = [1, 3, 5].map(at => parseInt(text.slice(at, at + 2), 16));
    press(byId("colours"), "colour", text);
    this.stage.refresh();
  }

  #makeSwatches() {
    const group = document.querySelector("#colours .swatches");
    for (const colour of SWATCHES) {
      const button = document.createElement("button");
      button.dataset.colour = button.title = button.ariaLabel = colour;
      button.style.setProperty("--swatch", colour);
      button.addEventListener("click", () => this.colour(colour));
      group.append(button);
    }
    const own = document.createElement("input");
    Object.assign(own, {type: "color", value: "#5b8c5a", title: "Any colour", ariaLabel: "Any colour"});
    own.addEventListener("input", () => this.colour(own.value));
    group.append(own);
    this.colour(SWATCHES[3]);
  }

  async #behind(file) {
    if (!file) return;
    const {width, height} = this.stage.picture;
    let found;
    try {
      found = await createImageBitmap(file);
    } catch {
      return this.does.tell(`${file.name} is no picture that this browser reads.`);
    }
    const canvas = new OffscreenCanvas(width, height), context = canvas.getContext("2d");
    const scale = Math.max(width / found.width, height / found.height);
    const wide = found.width * scale, high = found.height * scale;
    context.drawImage(found, (width - wide) / 2, (height - high) / 2, wide, high);
    this.style.behind = context.getImageData(0, 0, width, height).data;
    this.stage.refresh();
  }

  #space(held) {
    this.tools.space = held;
    this.stage.canvas.classList.toggle("moving", held);
    this.stage.draw();
  }

  #key(event) {
    if (byId("help").open) return;
    if (event.key === " " && event.target.closest("button, input")) return;  // it presses that
    const key = event.key.toLowerCase(), command = event.ctrlKey || event.metaKey;
    const step = factor => this.#sizeOf(Number(byId("brush-size").value) + factor * STEP);
    const keys = command ? {
      z: event.shiftKey ? this.does.redo : this.does.undo, y: this.does.redo, s: this.does.save,
    } : {
      f: () => this.level("foreground"), u: () => this.level("unknown"), b: () => this.level("background"),
      p: () => this.tool("brush"), g: () => this.tool("fill"), x: () => this.tool("box"),
      m: () => this.tool("move"), t: () => this.outline(!this.style.outline),
      "[": () => step(-1), "]": () => step(1), "?": () => byId("help").showModal(),
      "+": () => this.stage.zoom(1.5), "=": () => this.stage.zoom(1.5),
      "-": () => this.stage.zoom(1 / 1.5), 0: () => this.stage.fit(),
      v: () => this.view(this.style.view === "trimap" ? this.before : "trimap"),
      " ": () => this.#space(true),
    };
    const view = !command && VIEWS[Number(event.key) - 1];
    const act = view ? () => this.view(view) : keys[key];
    if (!act || event.altKey) return;
    event.preventDefault();
    act();
  }
}
