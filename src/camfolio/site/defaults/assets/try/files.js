// A picture from a file of the reader, parsed here and sent nowhere: PNG, NPY or DICOM, found by its first bytes.
import { readDicom } from "./dicom.js";
import { FileError } from "./file_error.js";
import { readNpy } from "./npy.js";
import { readPng } from "./png.js";

export const LARGEST = 64; // MB; one slice of a scanner has about 0.5

const KINDS = [
  { matches: (bytes) => starts(bytes, 0, "\x89PNG\r\n\x1a\n"), read: (bytes) => readPng(bytes) },
  { matches: (bytes) => starts(bytes, 0, "\x93NUMPY"), read: (bytes) => readNpy(bytes) },
  { matches: (bytes) => starts(bytes, 128, "DICM"), read: (bytes, runtime) => readDicom(bytes, runtime) },
];

const starts = (bytes, at, text) => [...text].every((letter, i) => bytes[at + i] === letter.charCodeAt(0));

// The picture in a file: `values` row by row, `size` [rows, columns], `spacing` [row, column] in mm or null, `unit` "HU" or "grey", `notes` for the reader.
// A FileError, with one sentence, for a file that is something else, damaged or too large; a large one is not read.
export async function readPicture(file, runtime) {
  if (!file.size) throw new FileError(`Expected a picture, but ${file.name} is empty.`);
  if (file.size > LARGEST * 1e6) throw new FileError(`Expected a file of at most ${LARGEST} MB, but ${file.name} has ${Math.ceil(file.size / 1e6)} MB. It was not read.`);
  const bytes = new Uint8Array(await file.arrayBuffer()), kind = KINDS.find((one) => one.matches(bytes));
  if (!kind) throw new FileError(`Expected a PNG, NPY or DICOM file, but ${file.name} begins like none of them.`);
  return { ...(await kind.read(bytes, runtime)), name: file.name };
}
