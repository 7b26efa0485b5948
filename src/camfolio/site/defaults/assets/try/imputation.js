// Noisy linear imputation, as evidence/imputation.py: removed pixels become weighted means of their neighbours (Rong et al. 2022).
//
// Every removed pixel is the mean of its eight neighbours, with weights of 1/6 for the four direct and 1/12 for the four diagonal
// ones. All removed pixels, row by row, are one system of linear equations: symmetric, positive definite and banded.
import { EngineError } from "./errors.js";
import { noise } from "./noise.js";

const NEIGHBOURS = [-1, 0, 1].flatMap((down) => [-1, 0, 1].map((across) => ({ down, across, weight: down && across ? 1 / 12 : 1 / 6 })))
  .filter(({ down, across }) => down || across);

// The slice, HU, with the pixels of the mask imputed. As in Python, noise of `noiseHu` can be added to them; its generator is that of
// noise.js, and not that of Python.
export function imputed(hounsfield, mask, height, width, noiseHu = 0, seed = 0) {
  const filled = Float32Array.from(hounsfield), pixels = [], number = new Int32Array(height * width).fill(-1);
  for (let i = 0; i < mask.length; i++) if (mask[i]) number[i] = pixels.push(i) - 1;
  if (pixels.length === height * width)
    throw new EngineError("Expected at least one pixel that is left, but got a selection of the whole slice. Select less.");
  const values = solved(...equations(hounsfield, pixels, number, height, width));
  const added = noiseHu > 0 ? noise(height * width, noiseHu, seed) : null;
  pixels.forEach((pixel, i) => { filled[pixel] = values[i] + (added ? added[pixel] : 0); });
  return filled;
}

// The lower bands of the matrix, pixel by pixel from the diagonal to the left, their number, and the right-hand side.
function equations(hounsfield, pixels, number, height, width) {
  const around = (pixel) => {
    const row = Math.floor(pixel / width), column = pixel % width;
    return NEIGHBOURS.map(({ down, across, weight }) => ({ row: row + down, column: column + across, weight }))
      .filter((place) => place.row >= 0 && place.row < height && place.column >= 0 && place.column < width)
      .map((place) => ({ at: place.row * width + place.column, weight: place.weight }));
  };
  const found = pixels.map(around);
  const reach = found.map((neighbours, i) => Math.max(0, ...neighbours.filter(({ at }) => number[at] >= 0).map(({ at }) => i - number[at])));
  const bands = 1 + Math.max(0, ...reach), matrix = new Float64Array(pixels.length * bands), sums = new Float64Array(pixels.length);
  found.forEach((neighbours, i) => {
    for (const { at, weight } of neighbours) {
      matrix[i * bands] += weight;
      if (number[at] < 0) sums[i] += weight * hounsfield[at];
      else if (number[at] < i) matrix[i * bands + i - number[at]] -= weight;
    }
  });
  return [matrix, bands, sums];
}

// The solution by Cholesky's factorisation L L' inside the bands; entry (i, i - d) lies at i * bands + d.
function solved(matrix, bands, sums) {
  const count = sums.length;
  for (let i = 0; i < count; i++)
    for (let d = Math.min(bands - 1, i); d >= 0; d--) {
      const j = i - d;
      let left = matrix[i * bands + d];
      for (let k = Math.max(0, i - bands + 1); k < j; k++) left -= matrix[i * bands + i - k] * matrix[j * bands + j - k];
      matrix[i * bands + d] = d ? left / matrix[j * bands] : Math.sqrt(left);
    }
  for (let i = 0; i < count; i++) {
    for (let k = Math.max(0, i - bands + 1); k < i; k++) sums[i] -= matrix[i * bands + i - k] * sums[k];
    sums[i] /= matrix[i * bands];
  }
  for (let i = count - 1; i >= 0; i--) {
    for (let k = i + 1; k < Math.min(count, i + bands); k++) sums[i] -= matrix[k * bands + k - i] * sums[k];
    sums[i] /= matrix[i * bands];
  }
  return sums;
}
