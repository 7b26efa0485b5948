// Files of our own origin, checked by size and checksum before they are used.
import { EngineError } from "./errors.js";

const REMEDY = "Reload the page; if that does not help, the site was copied or published incompletely.";

// The bytes of a file. `expected` has its `bytes` and `sha256`, or neither; `track` is called with the number of bytes so far and,
// where it is known, that of all. A browser may keep an older file under the same address: one that does not fit is loaded once more,
// past its cache, and one of which nothing is known is always compared with the server's.
export async function download(address, expected = {}, track = () => {}) {
  const kept = await fetched(address, expected.sha256 ? "default" : "no-cache", expected, track);
  if (!(await fault(kept, expected))) return kept;
  const fresh = await fetched(address, "reload", expected, track), wrong = await fault(fresh, expected);
  if (wrong) throw new EngineError(`Expected ${nameOf(address)} ${wrong}. ${REMEDY}`);
  return fresh;
}

// Why checksums are not compared here; empty where they are.
export const UNVERIFIED = globalThis.crypto?.subtle ? ""
  : "The checksums of the network's files were not compared, since browsers offer that only to pages over https.";

async function fetched(address, cache, expected, track) {
  const file = nameOf(address);
  let answer;
  try {
    answer = await fetch(address, { cache, credentials: "same-origin" });
  } catch (error) {
    throw new EngineError(`Expected ${file} from the site's server, but got no answer (${error.message}). Check the connection and reload the page.`);
  }
  if (!answer.ok) throw new EngineError(`Expected ${file} from the site's server, but got the answer ${answer.status}. ${REMEDY}`);
  try {
    return await joined(answer, expected.bytes ?? sizeOf(answer), track);
  } catch (error) {
    throw new EngineError(`Expected the whole of ${file}, but the connection ended early (${error.message}). Check the connection and reload the page.`);
  }
}

// The size of an answer as its server gives it; 0 if it is compressed on its way, since that is not the size of the file.
function sizeOf({ headers }) {
  return headers.has("Content-Encoding") ? 0 : Number(headers.get("Content-Length") ?? 0);
}

// The bytes of an answer as they come; `size` is what is expected.
async function joined(answer, size, track) {
  let bytes = new Uint8Array(size), filled = 0;
  const reader = answer.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return filled === bytes.length ? bytes : bytes.slice(0, filled);
    if (filled + value.length > bytes.length) {
      const longer = new Uint8Array(Math.max(filled + value.length, 2 * bytes.length));
      longer.set(bytes.subarray(0, filled));
      bytes = longer;
    }
    bytes.set(value, filled);
    filled += value.length;
    track(filled, size);
  }
}

// What is wrong with a file, as the middle of a sentence; empty if nothing is.
async function fault(bytes, { bytes: size = null, sha256 = "" }) {
  if (size !== null && bytes.length !== size) return `with ${size} bytes, but got ${bytes.length}`;
  if (!bytes.length) return "with something in it, but got an empty file";
  if (!sha256 || UNVERIFIED) return "";
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const found = Array.from(digest, (value) => value.toString(16).padStart(2, "0")).join("");
  return found === sha256 ? "" : `with the checksum ${sha256.slice(0, 12)}…, but got ${found.slice(0, 12)}…`;
}

// A file's name, for sentences.
const nameOf = (address) => new URL(address).pathname.split("/").pop();
