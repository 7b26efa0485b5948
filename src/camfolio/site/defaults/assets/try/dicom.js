// DICOM files: one uncompressed image in HU by its rescale slope and intercept, with its pixel spacing; read by dicom-parser.
import { FileError, checkFinite, checkSize } from "./file_error.js";

const SYNTAXES = { "1.2.840.10008.1.2": true, "1.2.840.10008.1.2.1": true, "1.2.840.10008.1.2.2": false }; // true: little endian
const READERS = { "8 0": ["getUint8", 1], "8 1": ["getInt8", 1], "16 0": ["getUint16", 2], "16 1": ["getInt16", 2], "32 0": ["getUint32", 4], "32 1": ["getInt32", 4] };

// The picture in the bytes of a file, as `readPicture` describes it; `runtime` is the folder of the libraries.
export async function readDicom(bytes, runtime) {
  const parser = await library(new URL("dicomParser.min.js", runtime));
  let data;
  try {
    data = parser.parseDicom(bytes, { untilTag: "x7fe00010" });
    if (data.string("x00020010") in SYNTAXES) data = parser.parseDicom(bytes);
  } catch {
    throw new FileError("Expected a whole DICOM file, but it cannot be parsed. It is damaged or truncated.");
  }
  const syntax = data.string("x00020010");
  if (!(syntax in SYNTAXES)) throw new FileError(`Expected an uncompressed DICOM file, but its transfer syntax is ${syntax ?? "missing"}. Decompress it, for example with gdcmconv --raw.`);
  return { ...pixels(data, bytes, SYNTAXES[syntax]), spacing: spacing(data), unit: "HU", notes: notes(data) };
}

function pixels(data, bytes, little) {
  const rows = data.uint16("x00280010"), columns = data.uint16("x00280011"), frames = data.intString("x00280008") ?? 1;
  const samples = data.uint16("x00280002") ?? 1, allocated = data.uint16("x00280100"), sign = data.uint16("x00280103") ?? 0;
  checkSize(rows, columns, "DICOM file");
  if (frames > 1) throw new FileError(`Expected one image, but the DICOM file has ${frames} frames. Save one of them.`);
  const reader = READERS[`${allocated} ${sign}`], element = data.elements.x7fe00010;
  if (samples !== 1 || !reader) throw new FileError(`Expected grey values of 8, 16 or 32 bits, but the DICOM file has ${samples} samples of ${allocated} bits.`);
  const [get, width] = reader, end = (element?.dataOffset ?? 0) + rows * columns * width;
  if (!element || element.length < rows * columns * width || end > bytes.byteLength) throw new FileError(`Expected ${rows * columns} pixels, but the DICOM file has fewer. It is truncated.`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), values = new Float32Array(rows * columns);
  const slope = data.floatString("x00281053") ?? 1, intercept = data.floatString("x00281052") ?? 0;
  for (let i = 0; i < values.length; i++) values[i] = slope * view[get](element.dataOffset + i * width, little) + intercept;
  checkFinite(values, "DICOM file");
  return { values, size: [rows, columns] };
}

// Distance of rows and of columns, mm; null where the file has none.
function spacing(data) {
  const given = [data.floatString("x00280030", 0), data.floatString("x00280030", 1)];
  return given.every((mm) => mm > 0 && mm < 100) ? given : null;
}

function notes(data) {
  const modality = data.string("x00080060"), rescaled = data.elements.x00281053 && data.elements.x00281052, found = [];
  if (modality !== "CT") found.push(`Its modality is ${modality || "not given"}, not CT: its values need not be HU.`);
  if (!rescaled) found.push("It has no rescale slope and intercept: its values are taken as HU.");
  return found;
}

// The library sets a global variable when a script element loads it; it is no module.
let loading;
function library(address) {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.addEventListener("load", () => resolve(globalThis.dicomParser));
    script.addEventListener("error", () => {
      loading = undefined;
      script.remove();
      reject(new FileError("Expected the library that parses DICOM files, but this site was built without it. Open a PNG or NPY file."));
    });
    document.head.append(script);
  });
  return loading;
}
