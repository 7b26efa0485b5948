// The state as the fragment of an address: slice, edits, and what is shown. An opened file is never in it.
export const LONGEST = 8000; // characters; some programs cut longer addresses

const number = (text) => {
  if (!/^-?\d{1,6}(\.\d{1,3})?$/.test(text ?? "")) throw new LinkError();
  return Number(text);
};

// What an edit is in a link: its letter, its values as text, and back; `study` has `size` and `marks`.
const FORMS = {
  b: { kind: "brush", write: ({ hu, pixels }) => [hu, runs(pixels)], read: ([hu, text], study) => ({ hu: number(hu), pixels: pixelsOf(text, study) }) },
  o: { kind: "outline", write: ({ inside, pixels }) => [inside ? 1 : 0, runs(pixels)], read: ([inside, text], study) => ({ inside: inside === "1", pixels: pixelsOf(text, study) }) },
  e: { kind: "erase", write: () => [], read: () => ({}) },
  m: { kind: "move", write: ({ rows, columns }) => [rows, columns], read: ([rows, columns]) => ({ rows: number(rows), columns: number(columns) }) },
  c: { kind: "mark", write: ({ cue }) => [cue], read: (values, study) => ({ cue: known(values.join("_"), study) }) },
  n: { kind: "noise", write: ({ deviation, seed }) => [deviation, seed], read: ([deviation, seed]) => ({ deviation: number(deviation), seed: number(seed) }) },
  w: { kind: "window", write: ({ low, high }) => [low, high], read: ([low, high]) => windowOf(number(low), number(high)) },
};

export class LinkError extends Error {
  constructor() { super("Expected edits as this page writes them in links, but got others."); }
}

// Edits as text of letters, digits and . - _ ~, which addresses keep as they are.
export function written(edits) {
  const letter = (kind) => Object.keys(FORMS).find((one) => FORMS[one].kind === kind);
  return edits.map((edit) => [letter(edit.kind), ...FORMS[letter(edit.kind)].write(edit)].join("_")).join("~");
}

// The edits in a text; a LinkError if they are not as `written` writes them, or do not fit the study.
export function readEdits(text, study) {
  if (text.length > LONGEST) throw new LinkError();
  return text.split("~").filter(Boolean).map((part) => {
    const [letter, ...values] = part.split("_");
    if (!Object.hasOwn(FORMS, letter)) throw new LinkError();
    return { kind: FORMS[letter].kind, ...FORMS[letter].read(values, study) };
  });
}

// Sorted pixels as runs: how many pixels are skipped, how many are in, in base 36.
export function runs(pixels) {
  const text = [];
  let next = 0;
  for (let i = 0; i < pixels.length;) {
    let length = 1;
    while (pixels[i + length] === pixels[i] + length) length += 1;
    text.push((pixels[i] - next).toString(36), length.toString(36));
    next = pixels[i] + length;
    i += length;
  }
  return text.join(".");
}

function pixelsOf(text, { size }) {
  const steps = (text ?? "").split(".").map((part) => (/^[0-9a-z]{1,4}$/.test(part) ? parseInt(part, 36) : NaN));
  const pixels = [];
  let next = 0;
  for (let i = 0; i < steps.length; i += 2) {
    next += steps[i];
    if (!(next + steps[i + 1] <= size[0] * size[1])) throw new LinkError();
    for (let end = next + steps[i + 1]; next < end; next++) pixels.push(next);
  }
  return pixels;
}

function known(cue, { marks }) {
  if (!Object.hasOwn(marks, cue ?? "")) throw new LinkError();
  return cue;
}

function windowOf(low, high) {
  if (!(low < high)) throw new LinkError();
  return { low, high };
}

// The fragment of a state, with its #; parts with their defaults, given as "", are left out. Null if it is too long.
export function fragment(parts) {
  const filled = Object.entries(parts).filter(([, value]) => value !== "");
  const text = filled.map(([key, value]) => `${key}=${key === "edits" ? value : encodeURIComponent(value)}`).join("&");
  return text.length > LONGEST ? null : text && `#${text}`;
}

// The parts of an address: those of the fragment, else of the query, so that ?slice=ID leads here, too.
export function parts({ search, hash }) {
  return { ...Object.fromEntries(new URLSearchParams(search)), ...Object.fromEntries(new URLSearchParams(hash.slice(1))) };
}
