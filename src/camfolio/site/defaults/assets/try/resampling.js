// A part of a larger picture as the network's field, resampled as the pipeline does (data/resampling.py).
const AIR_HU = -1000;

// Linear interpolation at the network's pixels around a centre [row, column] of the picture, in its pixels; outside is air.
// `spacing` of the picture and `target` of the network are mm per pixel, [row, column].
export function cropped({ values, size: [rows, columns], spacing }, centre, [height, width], target) {
  const out = new Float32Array(height * width), step = [target[0] / spacing[0], target[1] / spacing[1]];
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++) {
      const y = centre[0] + (row - (height - 1) / 2) * step[0], x = centre[1] + (column - (width - 1) / 2) * step[1];
      out[row * width + column] = interpolated(values, rows, columns, y, x);
    }
  return out;
}

function interpolated(values, rows, columns, y, x) {
  if (y < 0 || x < 0 || y > rows - 1 || x > columns - 1) return AIR_HU;
  const top = Math.min(Math.floor(y), rows - 2), left = Math.min(Math.floor(x), columns - 2), down = y - top, right = x - left;
  const at = (row, column) => values[(top + row) * columns + left + column];
  return (1 - down) * ((1 - right) * at(0, 0) + right * at(0, 1)) + down * ((1 - right) * at(1, 0) + right * at(1, 1));
}

// Grey values of 0 to 255 as HU, in a window [black, white].
export const inWindow = (values, [black, white]) => values.map((grey) => black + ((white - black) * grey) / 255);
