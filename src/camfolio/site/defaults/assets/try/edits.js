// Edits of a slice, pure: each gives a new picture in HU, a new outline or a new window from those before it.
import { imputed } from "./imputation.js";
import { marked } from "./marks.js";
import { noise } from "./noise.js";

// A picture before any edit: HU and outline row by row, and the window [low, high] in which the network sees it.
export const untouched = (hounsfield, mask, window) => ({ hounsfield, mask, window });

const KINDS = {
  brush: (before, { hu, pixels }) => ({ ...before, hounsfield: painted(before.hounsfield, pixels, hu) }),
  outline: (before, { inside, pixels }) => ({ ...before, mask: painted(before.mask, pixels, inside ? 1 : 0) }),
  erase: (before, _, study) => ({ ...before, hounsfield: imputed(before.hounsfield, before.mask, ...study.size) }),
  move: moved,
  mark: (before, { cue }, study) => ({ ...before, hounsfield: marked(before.hounsfield, study.marks[cue], study.size) }),
  noise: (before, { deviation, seed }) => ({ ...before, hounsfield: noisy(before.hounsfield, deviation, seed) }),
  window: (before, { low, high }) => ({ ...before, window: [low, high] }),
};

// The picture after one edit; study has `size` (rows, columns) and `marks` (cue -> how to draw it).
export const applied = (before, edit, study) => KINDS[edit.kind](before, edit, study);

function painted(values, pixels, value) {
  const after = values.slice();
  for (const pixel of pixels) after[pixel] = value;
  return after;
}

// The pixels inside the outline at another place, and their old place imputed; what leaves the slice is lost.
function moved(before, { rows, columns }, study) {
  const [height, width] = study.size, { mask } = before;
  const hounsfield = imputed(before.hounsfield, mask, height, width), there = new Uint8Array(mask.length);
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++) {
      const from = row * width + column, to = (row + rows) * width + column + columns;
      if (!mask[from] || row + rows < 0 || row + rows >= height || column + columns < 0 || column + columns >= width) continue;
      hounsfield[to] = before.hounsfield[from];
      there[to] = 1;
    }
  return { ...before, hounsfield, mask: there };
}

// Gaussian noise in HU; the same seed gives the same noise.
function noisy(hounsfield, deviation, seed) {
  const added = noise(hounsfield.length, deviation, seed);
  return hounsfield.map((hu, i) => hu + added[i]);
}

// What the network receives, in HU of its own window: a picture seen in another window, stretched to that of the network.
export function seen({ hounsfield, window }, own) {
  if (window[0] === own[0] && window[1] === own[1]) return hounsfield;
  const share = (hu) => Math.min(1, Math.max(0, (hu - window[0]) / (window[1] - window[0])));
  return hounsfield.map((hu) => own[0] + (own[1] - own[0]) * share(hu));
}

// The pixels of a round brush of a diameter around a pixel, those outside of the slice left out.
export function stamp(row, column, diameter, [height, width]) {
  const reach = (diameter - 1) / 2, limit = (diameter / 2) ** 2, pixels = [];
  for (let r = Math.ceil(row - reach); r <= row + reach; r++)
    for (let c = Math.ceil(column - reach); c <= column + reach; c++)
      if (r >= 0 && c >= 0 && r < height && c < width && (r - row) ** 2 + (c - column) ** 2 <= limit) pixels.push(r * width + c);
  return pixels;
}

// Pixels [row, column] on a straight line, so that a fast stroke has no gaps.
export function line([fromRow, fromColumn], [toRow, toColumn]) {
  const steps = Math.max(Math.abs(toRow - fromRow), Math.abs(toColumn - fromColumn), 1);
  const at = (from, to, step) => Math.round(from + ((to - from) * step) / steps);
  return Array.from({ length: steps + 1 }, (_, step) => [at(fromRow, toRow, step), at(fromColumn, toColumn, step)]);
}
