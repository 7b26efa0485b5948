// A file that cannot be used: its message is one sentence for the reader.
export class FileError extends Error {}

const LONGEST = 4096; // pixels along an axis

// Check the size of a picture before its pixels are read: a small file can say that it is huge.
export function checkSize(rows, columns, what) {
  const fits = (pixels) => Number.isInteger(pixels) && pixels >= 2 && pixels <= LONGEST;
  if (!fits(rows) || !fits(columns)) throw new FileError(`Expected 2 to ${LONGEST} rows and columns, but the ${what} has ${rows} and ${columns}.`);
}

// Check that all values are finite.
export function checkFinite(values, what) {
  if (!values.every(Number.isFinite)) throw new FileError(`Expected finite values, but the ${what} has NaN or infinite ones. Replace them.`);
}
