// Class-activation maps from the activations and gradients of one layer: the same definitions as camfolio.explanation in Python.
//
// A layer's values are one array, channel by channel and each row by row; a map has one value per cell. Maps are signed: negative
// where there is evidence against the class.
const CANCELLED = 1e-6; // XGrad-CAM: a channel's sum below this share of its magnitude is rounding

// Every method that needs nothing but activations A and gradients g of one network: key -> map of A, g and the number of cells.
export const METHODS = {
  grad_cam: (A, g, cells) => weighted(A, cells, (at) => sum(at, cells, (i) => g[i]) / cells),
  hires_cam: (A, g, cells) => cellwise(A, cells, (i) => g[i]),
  layer_cam: (A, g, cells) => cellwise(A, cells, (i) => Math.max(g[i], 0)),
  xgrad_cam: (A, g, cells) => weighted(A, cells, (at) => {
    const total = sum(at, cells, (i) => A[i]), magnitude = sum(at, cells, (i) => Math.abs(A[i]));
    return Math.abs(total) <= CANCELLED * magnitude ? 0 : sum(at, cells, (i) => g[i] * A[i]) / total;
  }),
  grad_cam_plus_plus: (A, g, cells) => weighted(A, cells, (at) => {
    const cubes = sum(at, cells, (i) => A[i] * g[i] ** 3);
    return sum(at, cells, (i) => {
      const square = g[i] ** 2, below = 2 * square + cubes;
      return below === 0 ? 0 : (square / below) * Math.max(g[i], 0);
    });
  }),
};

function sum(start, count, value) {
  let total = 0;
  for (let i = start; i < start + count; i++) total += value(i);
  return total;
}

// The sum of all channels, each with one weight, which is computed from the place where it begins.
export function weighted(activations, cells, weight) {
  const map = new Float64Array(cells);
  for (let at = 0; at < activations.length; at += cells) {
    const share = weight(at);
    for (let i = 0; i < cells; i++) map[i] += share * activations[at + i];
  }
  return map;
}

// The sum of all channels, each value with a weight of its own.
function cellwise(activations, cells, weight) {
  const map = new Float64Array(cells);
  for (let at = 0; at < activations.length; at += cells)
    for (let i = 0; i < cells; i++) map[i] += weight(at + i) * activations[at + i];
  return map;
}

// Probabilities of one network from its logits.
export function softmax(logits) {
  const top = Math.max(...logits), powers = Array.from(logits, (value) => Math.exp(value - top));
  const total = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / total);
}

// The class with the highest value, the first one of several.
export const highest = (values) => values.indexOf(Math.max(...values));

// The class other than `target` with the largest logit.
export function strongestOther(logits, target) {
  return highest(Array.from(logits, (value, k) => (k === target ? -Infinity : value)));
}

// What is explained: the target's logit, less `comparison` times the strongest other class's.
export function score(logits, target, comparison) {
  return comparison ? logits[target] - comparison * logits[strongestOther(logits, target)] : logits[target];
}

// The gradient of that score from the gradients of all classes' logits, which follow each other.
export function scoreGradient(gradients, logits, target, comparison) {
  const size = gradients.length / logits.length, of = (k) => gradients.subarray(k * size, (k + 1) * size);
  if (!comparison) return of(target);
  const own = of(target), other = of(strongestOther(logits, target));
  return own.map((value, i) => value - comparison * other[i]);
}

// A map divided by the mean of its magnitude; a map of zeros as it is.
export function unit(map) {
  const size = sum(0, map.length, (i) => Math.abs(map[i])) / map.length;
  return size > 0 ? map.map((value) => value / size) : map;
}

// The map of an ensemble: the mean of its members' maps in their units; of a single network its own map.
export function averaged(maps) {
  return maps.length === 1 ? maps[0] : mean(maps.map(unit));
}

// The standard deviation of the members' maps in their units, negative values as 0; null of a single network.
export function disagreement(maps) {
  if (maps.length === 1) return null;
  const units = maps.map((map) => unit(map).map((value) => Math.max(value, 0))), middle = mean(units);
  return middle.map((value, i) => Math.sqrt(sum(0, units.length, (m) => (units[m][i] - value) ** 2) / units.length));
}

const mean = (maps) => maps[0].map((_, i) => sum(0, maps.length, (m) => maps[m][i]) / maps.length);

// A map enlarged from rows and columns of cells to the pixels of a slice: bilinear between the centres of the cells; beyond the
// outermost ones, their value. Without `centres` ({start, step}: row and column, pixels) the cells divide the slice into equal parts.
export function enlarge(map, [rows, columns], [height, width], centres = null) {
  const down = places(height, rows, 0, centres), across = places(width, columns, 1, centres);
  const enlarged = new Float32Array(height * width);
  for (let row = 0; row < height; row++) {
    const { before, after, share } = down[row], upper = before * columns, lower = after * columns;
    for (let column = 0; column < width; column++) {
      const at = across[column];
      const top = map[upper + at.before] * (1 - share) + map[lower + at.before] * share;
      const next = map[upper + at.after] * (1 - share) + map[lower + at.after] * share;
      enlarged[row * width + column] = top * (1 - at.share) + next * at.share;
    }
  }
  return enlarged;
}

// For every pixel along one axis: the cells before and after it, and how far it is from the one to the other.
function places(pixels, cells, axis, centres) {
  const step = centres ? centres.step[axis] : pixels / cells;
  const start = centres ? centres.start[axis] : step / 2 - 0.5;
  return Array.from({ length: pixels }, (_, pixel) => {
    const place = Math.min(Math.max((pixel - start) / step, 0), cells - 1), before = Math.floor(place);
    return { before, after: Math.min(before + 1, cells - 1), share: place - before };
  });
}
