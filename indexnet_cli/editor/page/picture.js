/* What the page knows of the picture: planes of the server's, and what was painted since. */
import {BACKGROUND, FOREGROUND, LEVELS, UNKNOWN, overSegment} from "./trimap.js";

export class Picture {
  /* image: RGB, three bytes a pixel. `waiting` marks unknown pixels whose matte is on its way. */
  constructor(width, height, image) {
    const pixels = width * height;
    Object.assign(this, {width, height, image});
    this.trimap = new Uint8Array(pixels);
    this.alpha = new Uint8Array(pixels);
    this.waiting = new Uint8Array(pixels);
    this.foreground = image.slice();
  }

  get whole() { return {left: 0, top: 0, width: this.width, height: this.height}; }

  paint(from, to, radius, name) {
    const level = LEVELS[name];
    return overSegment(from, to, radius, this.width, this.height, index => {
      if (this.trimap[index] !== level) this.#set(index, level);
    });
  }

  putTrimap(box, levels) {
    this.#eachOf(box, (index, number) => {
      if (this.trimap[index] !== levels[number]) this.#set(index, levels[number]);
    });
  }

  /* body: alpha of the box, then RGB of it. Known pixels are told by the trimap alone. */
  putMatte(box, body, isCurrent) {
    const colours = body.subarray(box.width * box.height), {foreground} = this;
    this.#eachOf(box, (index, number) => {
      if (this.trimap[index] === UNKNOWN) {
        this.alpha[index] = body[number];
        if (isCurrent) this.waiting[index] = 0;
      }
      for (let c = 0; c < 3; c++) foreground[3 * index + c] = colours[3 * number + c];
    });
  }

  #set(index, level) {
    this.trimap[index] = level;
    if (level === UNKNOWN) this.waiting[index] = 1;
    else {
      this.waiting[index] = 0;
      this.alpha[index] = level === FOREGROUND ? 255 : BACKGROUND;
      for (let c = 3 * index; c < 3 * index + 3; c++) this.foreground[c] = this.image[c];
    }
  }

  #eachOf(box, visit) {
    let number = 0;
    for (let y = box.top; y < box.top + box.height; y++)
      for (let index = y * this.width + box.left, end = index + box.width; index < end; index++)
        visit(index, number++);
  }
}
