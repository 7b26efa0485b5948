// NPY files: a 2-D array of numbers in HU, of NumPy's format 1 to 3, of either byte order and in C or Fortran order.
import { FileError, checkFinite, checkSize } from "./file_error.js";

const TYPES = {
  f8: ["getFloat64", 8], f4: ["getFloat32", 4], i1: ["getInt8", 1], u1: ["getUint8", 1], i2: ["getInt16", 2], u2: ["getUint16", 2],
  i4: ["getInt32", 4], u4: ["getUint32", 4], i8: ["getBigInt64", 8], u8: ["getBigUint64", 8],
};

// The picture in the bytes of a file, as `readPicture` describes it.
export function readNpy(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), { header, start } = headerOf(bytes, view);
  const type = /'descr'\s*:\s*'([<>|=])(\w+)'/.exec(header), fortran = /'fortran_order'\s*:\s*(True|False)/.exec(header);
  const shape = /'shape'\s*:\s*\(([\d,\sL]*)\)/.exec(header);
  if (!shape || !fortran || !/'descr'/.test(header)) throw new FileError("Expected the header of an NPY file, but it is damaged. Save the array again with numpy.save.");
  if (!type || !TYPES[type[2]]) throw new FileError("Expected an array of whole numbers or of float32 or float64, but the NPY file holds another type. Save it with .astype(\"float32\").");
  const sizes = (shape[1].match(/\d+/g) ?? []).map(Number);
  if (sizes.length !== 2) throw new FileError(`Expected an array with 2 axes, rows and columns, but the NPY file has ${sizes.length}. Save one slice.`);
  const [rows, columns] = sizes, [get, width] = TYPES[type[2]];
  checkSize(rows, columns, "NPY file");
  if (bytes.byteLength - start < rows * columns * width) throw new FileError(`Expected ${rows * columns} values, but the NPY file ends before. It is truncated.`);
  const little = type[1] !== ">", values = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const stored = fortran[1] === "True" ? column * rows + row : row * columns + column;
      values[row * columns + column] = Number(view[get](start + stored * width, little));
    }
  checkFinite(values, "NPY file");
  return { values, size: [rows, columns], spacing: null, unit: "HU", notes: [] };
}

function headerOf(bytes, view) {
  const before = bytes[6] >= 2 ? 12 : 10, truncated = new FileError("Expected a whole NPY file, but it ends within its header. It is truncated.");
  if (bytes.byteLength < before) throw truncated;
  if (bytes[6] < 1 || bytes[6] > 3) throw new FileError("Expected an NPY file of format 1 to 3, but got another one. Save the array again with numpy.save.");
  const start = before + (before === 12 ? view.getUint32(8, true) : view.getUint16(8, true));
  if (start > bytes.byteLength) throw truncated;
  return { header: new TextDecoder("latin1").decode(bytes.subarray(before, start)), start };
}
