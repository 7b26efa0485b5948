// The edges of a mask's pixels as an SVG path.
export function edges(mask, [height, width]) {
  const inside = (row, column) => row >= 0 && column >= 0 && row < height && column < width && mask[row * width + column] > 0;
  let path = "";
  for (let row = 0; row <= height; row++)
    for (let column = 0; column <= width; column++) {
      if (inside(row, column - 1) !== inside(row, column)) path += `M${column} ${row}v1`;
      if (inside(row - 1, column) !== inside(row, column)) path += `M${column} ${row}h1`;
    }
  return path;
}
