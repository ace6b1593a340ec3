/* A trimap's levels, and a brush that gives the same pixels as editor/drawing.py. */
export const BACKGROUND = 0, UNKNOWN = 128, FOREGROUND = 255;
export const LEVELS = {background: BACKGROUND, unknown: UNKNOWN, foreground: FOREGROUND};

export const empty = box => box.width <= 0 || box.height <= 0;

export function clip(box, width, height) {
  const left = Math.max(box.left, 0), top = Math.max(box.top, 0);
  const right = Math.min(box.left + box.width, width);
  const bottom = Math.min(box.top + box.height, height);
  return {left, top, width: Math.max(right - left, 0), height: Math.max(bottom - top, 0)};
}

/* Calls mark(index) for every pixel whose centre is within `radius` of the segment. */
export function overSegment([x0, y0], [x1, y1], radius, width, height, mark) {
  const reach = radius + 1;
  const left = Math.floor(Math.min(x0, x1) - reach), top = Math.floor(Math.min(y0, y1) - reach);
  const box = clip({
    left, top,
    width: Math.ceil(Math.max(x0, x1) + reach) - left,
    height: Math.ceil(Math.max(y0, y1) + reach) - top,
  }, width, height);
  const dx = x1 - x0, dy = y1 - y0, length = dx * dx + dy * dy;
  for (let y = box.top; y < box.top + box.height; y++) {
    const cy = y + 0.5;
    for (let x = box.left; x < box.left + box.width; x++) {
      const cx = x + 0.5;
      let along = 0;
      if (length > 0)
        along = Math.min(Math.max(((cx - x0) * dx + (cy - y0) * dy) / length, 0), 1);
      const ex = cx - (x0 + along * dx), ey = cy - (y0 + along * dy);
      if (ex * ex + ey * ey <= radius * radius) mark(y * width + x);
    }
  }
  return box;
}
