/* One region of the picture as it is shown. */
import {BACKGROUND, UNKNOWN} from "./trimap.js";

export const VIEWS = ["trimap", "matte", "cutout", "colour", "picture", "overlay"];
const NAVY = [18, 30, 62], AMBER = [255, 190, 50], RED = [225, 30, 40], LINE = [255, 255, 255];
const NAVY_SHARE = 0.66, AMBER_SHARE = 0.5, RED_SHARE = 0.72, WAITING_SHARE = 0.38;
const LIGHT = 255, DARK = 204;

/* style: {view, colour: [r, g, b], behind: RGBA of the picture's size or null, outline}. Of every
   `step`-th pixel in both directions. */
export function compose(picture, style, box, step = 1) {
  const out = new ImageData(Math.ceil(box.width / step), Math.ceil(box.height / step)), data = out.data;
  const {width, height, image, trimap, alpha, foreground, waiting} = picture;
  const cell = Math.max(8, Math.round(Math.max(width, height) / 120));
  const {view, behind} = style;
  const pixel = [0, 0, 0];
  let to = 0;
  for (let y = box.top; y < box.top + box.height; y += step) {
    for (let x = box.left; x < box.left + box.width; x += step, to += 4) {
      const index = y * width + x, at = 3 * index, level = trimap[index];
      for (let c = 0; c < 3; c++) pixel[c] = image[at + c];
      if (view === "trimap") {
        if (level === BACKGROUND) tint(pixel, NAVY, NAVY_SHARE);
        else if (level === UNKNOWN) tint(pixel, AMBER, AMBER_SHARE);
      } else {
        const share = alpha[index] / 255;
        if (view === "matte") pixel[0] = pixel[1] = pixel[2] = alpha[index];
        else if (view === "overlay") tint(pixel, RED, (1 - share) * RED_SHARE);
        else {
          const board = (Math.floor(x / cell) + Math.floor(y / cell)) % 2 ? DARK : LIGHT;
          for (let c = 0; c < 3; c++) {
            const back = view === "colour" ? style.colour[c]
              : view === "picture" && behind ? behind[4 * index + c] : board;
            pixel[c] = share * foreground[at + c] + (1 - share) * back;
          }
        }
        if (waiting[index]) tint(pixel, AMBER, WAITING_SHARE);
      }
      if (style.outline && isEdge(trimap, index, x, y, width, height)) tint(pixel, LINE, 0.85);
      data[to] = pixel[0]; data[to + 1] = pixel[1]; data[to + 2] = pixel[2]; data[to + 3] = 255;
    }
  }
  return out;
}

function tint(pixel, colour, share) {
  for (let c = 0; c < 3; c++) pixel[c] += share * (colour[c] - pixel[c]);
}

function isEdge(trimap, index, x, y, width, height) {
  return (x + 1 < width && trimap[index] !== trimap[index + 1])
    || (y + 1 < height && trimap[index] !== trimap[index + width]);
}
