// Strokes as points, and what becomes of them: curves on the board, and the 28×28 pixels that a network takes.
// Coordinates are parts of the board's side, so that nothing changes when the window does.

/** The box that a digit is fitted into, and the image around it, in pixels. */
const box = 20;
const side = 28;
/** Parts of a pixel, along each side, whose ink is averaged. */
const parts = 8;
/** A drawing whose longer side is a smaller part of the board's is a dot, no digit. */
const smallest = 0.04;

/** Strokes, with all that came before for undo. A stroke is an array of points, and is replaced, not changed. */
export class Drawing {
  strokes = [];
  #history = [];

  get isEmpty() { return this.strokes.length === 0; }
  get canUndo() { return this.#history.length > 0; }

  /** Starts a stroke, or a wipe of the eraser: what `undo` takes back at once. */
  begin() {
    this.#history.push(this.strokes);
    if (this.#history.length > 200) this.#history.shift();
  }

  /** Starts a line at a point. */
  start(point) { this.strokes = [...this.strokes, [point]]; }

  /** Lengthens the last line to points. */
  extend(points) {
    const last = this.strokes[this.strokes.length - 1];
    const added = [];
    for (const point of points) {
      const before = added[added.length - 1] ?? last[last.length - 1];
      if (Math.hypot(point.x - before.x, point.y - before.y) > 0.0015) added.push(point);
    }
    if (added.length) this.strokes = [...this.strokes.slice(0, -1), [...last, ...added]];
  }

  /** Takes away what is within a distance of the way between two points; lines fall into pieces. */
  erase(from, to, distance) {
    const result = [];
    let changed = false;
    for (const stroke of this.strokes) {
      let piece = [];
      for (const point of dense(stroke)) {
        if (distanceToWay(point, from, to) > distance) {
          piece.push(point);
          continue;
        }
        changed = true;
        if (piece.length) result.push(piece);
        piece = [];
      }
      if (piece.length) result.push(piece);
    }
    // A piece of one point that was a line is a crumb.
    if (changed) this.strokes = result.filter(piece => piece.length > 1);
  }

  undo() {
    if (this.canUndo) this.strokes = this.#history.pop();
  }

  clear() {
    if (this.isEmpty) return;
    this.begin();
    this.strokes = [];
  }
}

function distanceToWay(point, from, to) {
  const [x, y] = [to.x - from.x, to.y - from.y];
  const length = x * x + y * y;
  const share = length ? Math.min(1, Math.max(0, ((point.x - from.x) * x + (point.y - from.y) * y) / length)) : 0;
  return Math.hypot(point.x - from.x - share * x, point.y - from.y - share * y);
}

/** A line's points with others between them wherever two are far apart. */
function dense(points) {
  const result = points.slice(0, 1);
  for (let index = 1; index < points.length; index++) {
    const [from, to] = [points[index - 1], points[index]];
    const steps = Math.ceil(Math.hypot(to.x - from.x, to.y - from.y) / 0.008) || 1;
    for (let step = 1; step <= steps; step++)
      result.push({ x: from.x + (to.x - from.x) * step / steps, y: from.y + (to.y - from.y) * step / steps });
  }
  return result;
}

/** The smooth curve of a stroke as a fine polygon: quadratic arcs from middle to middle, with the points to steer them. */
export function curve(points) {
  if (points.length < 3) return points;
  const middle = (a, b) => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });
  const result = [points[0]];
  let from = points[0];
  for (let index = 1; index < points.length - 1; index++) {
    const steer = points[index];
    const to = index === points.length - 2 ? points[index + 1] : middle(steer, points[index + 1]);
    const steps = Math.max(2, Math.min(16, Math.ceil(Math.hypot(to.x - from.x, to.y - from.y) / 0.01)));
    for (let step = 1; step <= steps; step++) {
      const t = step / steps, s = 1 - t;
      result.push({
        x: s * s * from.x + 2 * s * t * steer.x + t * t * to.x,
        y: s * s * from.y + 2 * s * t * steer.y + t * t * to.y,
      });
    }
    from = to;
  }
  return result;
}

/** Draws a stroke's curve; `place` gives a point's coordinates on the canvas. */
export function draw(context, points, place) {
  context.beginPath();
  points.forEach((point, index) => {
    const [x, y] = place(point);
    if (index === 0) context.moveTo(x, y);
    context.lineTo(x, y);
  });
  context.stroke();
}

let scratch;

/**
 * The image of strokes as Kaggle's digits were made: the longer side scaled to 20 pixels before anything is drawn, ink as
 * the covered share of a pixel, and moved by whole pixels until the centre of mass lies in pixel 14. Null if there is too
 * little to be a digit.
 *
 * `pen` is the pen's width in pixels of the image, whatever its width on the board.
 */
export function image(strokes, pen) {
  const curves = strokes.map(curve);
  const all = curves.flat();
  if (!all.length) return null;
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const { x, y } of all) {
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  const extent = Math.max(right - left, bottom - top);
  if (extent < smallest) return null;
  const scale = (box - pen) / extent * parts;

  scratch ??= Object.assign(document.createElement('canvas'), { width: side * parts, height: side * parts })
    .getContext('2d', { willReadFrequently: true });
  scratch.clearRect(0, 0, side * parts, side * parts);
  scratch.lineCap = scratch.lineJoin = 'round';
  scratch.lineWidth = pen * parts;
  const middle = side * parts / 2;
  for (const points of curves)
    draw(scratch, points, point => [
      middle + (point.x - (left + right) / 2) * scale, middle + (point.y - (top + bottom) / 2) * scale,
    ]);
  return centred(average(scratch.getImageData(0, 0, side * parts, side * parts).data));
}

/** The ink of each pixel, as the mean of its parts' opacity. */
function average(data) {
  const sums = new Float64Array(side * side);
  for (let row = 0; row < side * parts; row++)
    for (let column = 0; column < side * parts; column++)
      sums[Math.floor(row / parts) * side + Math.floor(column / parts)] += data[(row * side * parts + column) * 4 + 3];
  return sums.map(sum => sum / (parts * parts));
}

/** Bytes of the image, moved by whole pixels until the centre of mass is in pixel 14 of each side, counted from 0. */
function centred(ink) {
  let [mass, momentX, momentY] = [0, 0, 0];
  ink.forEach((value, index) => {
    mass += value;
    momentX += value * (index % side);
    momentY += value * Math.floor(index / side);
  });
  // The box stays inside.
  const margin = (side - box) / 2;
  const shift = moment => Math.min(margin, Math.max(-margin, Math.round(side / 2 - moment / mass)));
  const [right, down] = [shift(momentX), shift(momentY)];
  const result = new Uint8Array(side * side);
  for (let row = 0; row < side; row++)
    for (let column = 0; column < side; column++) {
      const [y, x] = [row - down, column - right];
      if (y >= 0 && y < side && x >= 0 && x < side) result[row * side + column] = Math.round(ink[y * side + x]);
    }
  return result;
}
