/* The canvas: tiles of the composed picture, zoomed and moved; drawn when something changed. */
import {compose} from "./compose.js";
import {clip, empty} from "./trimap.js";

const TILE = 512, BUDGET = 14;  // pixels; milliseconds of composing between two frames
const MOST = 32, EASE = 0.3, PIXELATED = 2;

export class Stage {
  /* draws(context, stage) is called after each drawing, for cursor and box. */
  constructor(canvas, picture, style, draws) {
    Object.assign(this, {canvas, picture, style, draws});
    this.context = canvas.getContext("2d", {alpha: false});
    this.scale = this.wanted = 1;
    this.left = this.top = 0;       // the picture's corner, in pixels of the canvas
    this.anchor = null;             // {x, y, px, py}: what stays in place while zooming
    this.tiles = [];
    for (let top = 0; top < picture.height; top += TILE)
      for (let left = 0; left < picture.width; left += TILE) {
        const box = clip({left, top, width: TILE, height: TILE}, picture.width, picture.height);
        // Where the whole tile is stale, a rough one is shown until the true one is composed.
        this.tiles.push({box, canvas: null, stale: {...box}, rough: null});
      }
    new ResizeObserver(() => this.#resize()).observe(canvas.parentElement);
    this.#resize();
    this.fit();
  }

  /* Device pixels a CSS pixel. */
  get ratio() { return window.devicePixelRatio || 1; }

  #resize() {
    const {clientWidth, clientHeight} = this.canvas.parentElement;
    const fitted = this.fitted;
    this.canvas.width = Math.max(1, Math.round(clientWidth * this.ratio));
    this.canvas.height = Math.max(1, Math.round(clientHeight * this.ratio));
    if (fitted) this.fit();
    this.draw();
  }

  /* The part of the picture in `box` has changed; without it, all of it. */
  refresh(box = this.picture.whole) {
    for (const tile of this.tiles) {
      const left = Math.max(box.left - 1, tile.box.left), top = Math.max(box.top - 1, tile.box.top);
      const right = Math.min(box.left + box.width, tile.box.left + tile.box.width);
      const bottom = Math.min(box.top + box.height, tile.box.top + tile.box.height);
      const part = {left, top, width: right - left, height: bottom - top};
      if (empty(part)) continue;
      tile.stale = tile.stale ? around(tile.stale, part) : part;
      if (isWhole(tile)) tile.rough = null;
    }
    this.draw();
  }

  draw() {
    if (!this.asked) this.asked = requestAnimationFrame(() => this.#frame());
  }

  #frame() {
    this.asked = 0;
    this.#ease();
    const {context, canvas, scale} = this, started = performance.now();
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = "#17181a";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.imageSmoothingEnabled = scale < PIXELATED;
    context.imageSmoothingQuality = "high";
    const step = Math.floor(1 / scale);
    let late = false;
    for (const tile of this.tiles) {
      // Whole pixels, or else seams would show between tiles.
      const left = Math.round(this.left + tile.box.left * scale);
      const top = Math.round(this.top + tile.box.top * scale);
      const right = Math.round(this.left + (tile.box.left + tile.box.width) * scale);
      const bottom = Math.round(this.top + (tile.box.top + tile.box.height) * scale);
      if (right <= 0 || bottom <= 0 || left >= canvas.width || top >= canvas.height) continue;
      if (tile.stale && performance.now() - started < BUDGET) this.#compose(tile);
      else if (step > 1 && isWhole(tile) && !tile.rough) this.#sketch(tile, step);
      late ||= Boolean(tile.stale);
      const shown = tile.rough ?? tile.canvas;
      if (shown) context.drawImage(shown, left, top, right - left, bottom - top);
    }
    this.draws(context, this);
    if (late || this.scale !== this.wanted) this.draw();
  }

  #compose(tile) {
    if (!tile.canvas) {
      tile.canvas = document.createElement("canvas");
      tile.canvas.width = tile.box.width;
      tile.canvas.height = tile.box.height;
    }
    const part = compose(this.picture, this.style, tile.stale);
    const at = [tile.stale.left - tile.box.left, tile.stale.top - tile.box.top];
    tile.canvas.getContext("2d").putImageData(part, ...at);
    tile.stale = tile.rough = null;
  }

  /* All of a picture that is shown reduced changes at once: quickly, from the pixels that show. */
  #sketch(tile, step) {
    const part = compose(this.picture, this.style, tile.box, step);
    tile.rough = document.createElement("canvas");
    tile.rough.width = part.width;
    tile.rough.height = part.height;
    tile.rough.getContext("2d").putImageData(part, 0, 0);
  }

  /* From a place in the page to one in the picture. */
  toPicture(event) {
    const bounds = this.canvas.getBoundingClientRect();
    const x = (event.clientX - bounds.left) * this.ratio, y = (event.clientY - bounds.top) * this.ratio;
    return [(x - this.left) / this.scale, (y - this.top) / this.scale];
  }

  get smallest() {
    const {canvas, picture} = this;
    return Math.min(canvas.width / picture.width, canvas.height / picture.height, 1) / 2;
  }

  /* Zoom softly by a factor around a place in the page; without it, around the middle. */
  zoom(factor, event = null) {
    const bounds = this.canvas.getBoundingClientRect();
    const x = event ? (event.clientX - bounds.left) * this.ratio : this.canvas.width / 2;
    const y = event ? (event.clientY - bounds.top) * this.ratio : this.canvas.height / 2;
    this.anchor = {x, y, px: (x - this.left) / this.scale, py: (y - this.top) / this.scale};
    this.wanted = Math.min(Math.max(this.wanted * factor, this.smallest), MOST);
    this.fitted = false;
    this.draw();
  }

  #ease() {
    if (this.scale === this.wanted) return;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const ratio = this.wanted / this.scale;
    this.scale = still || Math.abs(Math.log(ratio)) < 0.01 ? this.wanted : this.scale * ratio ** EASE;
    this.left = this.anchor.x - this.anchor.px * this.scale;
    this.top = this.anchor.y - this.anchor.py * this.scale;
  }

  move(dx, dy) {
    this.left += dx * this.ratio;
    this.top += dy * this.ratio;
    this.anchor = null;
    this.wanted = this.scale;
    this.fitted = false;
    this.draw();
  }

  fit() {
    const {canvas, picture} = this, margin = 24 * this.ratio;
    this.scale = this.wanted = Math.min(
      Math.max(canvas.width - 2 * margin, 50) / picture.width,
      Math.max(canvas.height - 2 * margin, 50) / picture.height, MOST);
    this.left = (canvas.width - picture.width * this.scale) / 2;
    this.top = (canvas.height - picture.height * this.scale) / 2;
    this.fitted = true;
    this.draw();
  }
}

function isWhole({box, stale}) {
  return stale && stale.width === box.width && stale.height === box.height;
}

function around(a, b) {
  const left = Math.min(a.left, b.left), top = Math.min(a.top, b.top);
  return {
    left, top,
    width: Math.max(a.left + a.width, b.left + b.width) - left,
    height: Math.max(a.top + a.height, b.top + b.height) - top,
  };
}
