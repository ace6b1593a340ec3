/* Mouse, pen and finger on the canvas: brush, fill, box, move. */
const EVERY = 150;    // milliseconds between two parts of a long stroke
const GRID = 16;      // points are multiples of 1/16 pixel
const COLOURS = {foreground: "#ffffff", unknown: "#ffbe32", background: "#6f8fe8"};

const snap = value => Math.round(value * GRID) / GRID;

export class Tools {
  /* on: {painted(box), operation(operation), box([x, y, w, h]), hover(point or null)}. */
  constructor(stage, picture, on) {
    Object.assign(this, {stage, picture, on});
    this.tool = "brush";
    this.level = "unknown";
    this.radius = Math.max(4, Math.round(Math.max(picture.width, picture.height) / 80));
    this.stroke = null;     // {name, part, level, radius, points}
    this.moving = null;     // the last place in the page
    this.corner = null;     // where a box began
    this.hover = null;      // the pointer in the picture
    this.last = null;       // where the last stroke ended
    const canvas = stage.canvas;
    canvas.addEventListener("pointerdown", event => this.#down(event));
    canvas.addEventListener("pointermove", event => this.#move(event));
    canvas.addEventListener("pointerup", event => this.#up(event));
    canvas.addEventListener("pointercancel", event => this.#up(event));
    canvas.addEventListener("pointerleave", () => this.#hoverAt(null));
    canvas.addEventListener("contextmenu", event => event.preventDefault());
    canvas.addEventListener("wheel", event => {
      event.preventDefault();
      const lines = event.deltaMode === 1 ? 30 : 1, speed = event.ctrlKey ? 0.01 : 0.0015;
      stage.zoom(Math.exp(-event.deltaY * lines * speed), event);
    }, {passive: false});
  }

  get busy() { return Boolean(this.stroke || this.corner); }

  #down(event) {
    if (this.busy || this.moving) return;
    this.stage.canvas.setPointerCapture(event.pointerId);
    const point = this.stage.toPicture(event).map(snap);
    if (event.button === 1 || this.space || this.tool === "move") {
      this.moving = [event.clientX, event.clientY];
    } else if (event.button === 0 || event.button === 2) {
      const level = event.button === 2 ? "background" : this.level;
      if (this.tool === "brush") this.#begin(point, level, event.shiftKey);
      else if (this.tool === "fill") this.#fill(point, level);
      else this.corner = point;
    }
    this.stage.draw();
  }

  #move(event) {
    this.#hoverAt(this.stage.toPicture(event));
    if (this.moving) {
      this.stage.move(event.clientX - this.moving[0], event.clientY - this.moving[1]);
      this.moving = [event.clientX, event.clientY];
    } else if (this.stroke) {
      const events = event.getCoalescedEvents?.() ?? [];
      for (const each of events.length ? events : [event])
        this.#extend(this.stage.toPicture(each).map(snap));
    }
    this.stage.draw();
  }

  #up(event) {
    if (this.stroke) {
      this.#send();
      clearInterval(this.timer);
      this.stroke = null;
    }
    if (this.corner) {
      const box = this.#box(this.corner, this.stage.toPicture(event));
      this.corner = null;
      if (box[2] > 2 && box[3] > 2 && event.type === "pointerup") this.on.box(box);
    }
    this.moving = null;
    this.stage.draw();
  }

  #hoverAt(point) {
    this.hover = point;
    this.on.hover(point);
    this.stage.draw();
  }

  #begin(point, level, straight) {
    const from = straight && this.last ? this.last : point;
    this.stroke = {name: crypto.randomUUID(), part: 0, level, radius: this.radius, points: [from]};
    this.sent = false;
    this.timer = setInterval(() => this.#send(), EVERY);
    this.#segment(from, point);
  }

  #extend(point) {
    const {points} = this.stroke, last = points[points.length - 1];
    if (point[0] !== last[0] || point[1] !== last[1]) this.#segment(last, point);
  }

  #segment(from, to) {
    const stroke = this.stroke;
    this.sent = false;
    if (to !== from) stroke.points.push(to);
    this.last = to;
    this.on.painted(this.picture.paint(from, to, stroke.radius, stroke.level));
  }

  /* What of the stroke was not sent yet; the next part begins where this one ends. */
  #send() {
    const stroke = this.stroke;
    if (this.sent) return;
    this.sent = true;
    this.on.operation({do: "paint", ...stroke});
    stroke.part += 1;
    stroke.points = [stroke.points[stroke.points.length - 1]];
  }

  /* Paint again what the program does not know yet, over what came from there. */
  repaint(operations) {
    const unsent = this.stroke ? [this.stroke] : [];
    for (const {radius, level, points} of [...operations.filter(one => one.do === "paint"), ...unsent])
      for (let n = 0; n < Math.max(points.length - 1, 1); n++)
        this.on.painted(this.picture.paint(points[n], points[n + 1] ?? points[n], radius, level));
  }

  #fill(point, level) {
    const [x, y] = point.map(Math.floor), {width, height} = this.picture;
    if (x >= 0 && y >= 0 && x < width && y < height)
      this.on.operation({do: "fill", name: crypto.randomUUID(), part: 0, level, x, y});
  }

  #box([x0, y0], [x1, y1]) {
    const {width, height} = this.picture;
    const left = Math.max(Math.floor(Math.min(x0, x1)), 0), top = Math.max(Math.floor(Math.min(y0, y1)), 0);
    const right = Math.min(Math.ceil(Math.max(x0, x1)), width);
    const bottom = Math.min(Math.ceil(Math.max(y0, y1)), height);
    return [left, top, right - left, bottom - top];
  }

  /* The brush's ring, or the box that is being drawn. */
  draw(context, stage) {
    if (!this.hover) return;
    const at = ([x, y]) => [stage.left + x * stage.scale, stage.top + y * stage.scale];
    const [x, y] = at(this.hover);
    if (this.corner) {
      const [x0, y0] = at(this.corner);
      rings(context, "#ffffff", stage.ratio, () => context.rect(x0, y0, x - x0, y - y0));
    } else if (this.tool === "brush" && !this.moving && !this.space) {
      const radius = this.radius * stage.scale;
      rings(context, COLOURS[this.level], stage.ratio, () => context.arc(x, y, radius, 0, 7));
    }
  }
}

/* Light with a dark rim: seen on any picture. */
function rings(context, colour, ratio, path) {
  for (const [style, width] of [["rgb(0 0 0 / .75)", 3.5], [colour, 1.5]]) {
    context.beginPath();
    path();
    context.strokeStyle = style;
    context.lineWidth = width * ratio;
    context.stroke();
  }
}
