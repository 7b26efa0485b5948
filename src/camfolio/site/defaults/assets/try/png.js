// PNG files: grey values of 0 to 255, which are no HU; the reader says which window they show.
import { FileError, checkSize } from "./file_error.js";

// The picture in the bytes of a file, as `readPicture` describes it; the browser decodes it, colours become their luma.
export async function readPng(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.byteLength < 26) throw new FileError("Expected a whole PNG file, but it ends within its header. It is truncated.");
  const columns = view.getUint32(16), rows = view.getUint32(20), depth = bytes[24], colours = bytes[25] & 2;
  checkSize(rows, columns, "PNG file");
  const pixels = await decoded(bytes, rows, columns), values = new Float32Array(rows * columns);
  for (let i = 0; i < values.length; i++) values[i] = 0.299 * pixels[4 * i] + 0.587 * pixels[4 * i + 1] + 0.114 * pixels[4 * i + 2];
  const notes = ["A PNG file has grey values and no HU: say which HU are black and which are white in it."];
  if (depth === 16) notes.push("Of its 16 bits browsers read 8.");
  if (colours) notes.push("Its colours were turned into grey.");
  return { values, size: [rows, columns], spacing: null, unit: "grey", notes };
}

async function decoded(bytes, rows, columns) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }), { colorSpaceConversion: "none" });
  } catch {
    throw new FileError("Expected a whole PNG file, but its pixels cannot be decoded. It is damaged or truncated.");
  }
  const context = new OffscreenCanvas(columns, rows).getContext("2d", { willReadFrequently: true });
  context.fillRect(0, 0, columns, rows); // black, where the picture is transparent
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return context.getImageData(0, 0, columns, rows).data;
}
