// The planted cues of a shortcut study, drawn into a slice as its stage plants them (evidence/shortcut.py).

// The slice, HU, with a cue: with `pixels` that get one value, or with a `blur` that is blended into it.
export function marked(hounsfield, { pixels, blur }, size) {
  return pixels ? stamped(hounsfield, pixels, size) : blurred(hounsfield, blur, size);
}

// `shape` are rows of 0 and 1, `at` [row, column] is its upper left pixel.
function stamped(values, { at: [top, left], shape, hounsfield }, [, width]) {
  const after = values.slice();
  shape.forEach((line, row) => line.forEach((set, column) => { if (set) after[(top + row) * width + left + column] = hounsfield; }));
  return after;
}

// Smoothed along rows and along columns with the same `taps`, and blended with a weight that is a product of `rows` and `columns`.
function blurred(values, { taps, rows, columns }, [height, width]) {
  const smooth = smoothed(smoothed(values, taps, height, width, 0), taps, height, width, 1);
  return values.map((value, i) => value + Math.fround(rows[Math.floor(i / width)] * columns[i % width]) * (smooth[i] - value));
}

// A convolution along one axis; beyond the edges the slice continues with its last pixel.
function smoothed(values, taps, height, width, axis) {
  const reach = taps.length >> 1, last = (axis ? width : height) - 1;
  return values.map((_, i) => {
    const place = [Math.floor(i / width), i % width];
    return taps.reduce((sum, weight, k) => {
      const at = Math.min(last, Math.max(0, place[axis] + k - reach));
      return sum + weight * values[axis ? place[0] * width + at : at * width + place[1]];
    }, 0);
  });
}
