// The study's networks in the reader's browser: starts the worker, hands it slices, and gives back probabilities and maps.
import { download } from "./download.js";
import { EngineError, Superseded } from "./errors.js";
import { Latest } from "./latest.js";

export { EngineError, Superseded };
const VERSION = 1;

export class Engine {
  // Open the study of a manifest. `runtime` is the address of the folder with ONNX Runtime; `progress(words, share)` is called while
  // files are loaded, with a share of 0 to 1 or null. Throws an EngineError with one sentence.
  static async open(address, { runtime, progress = () => {} }) {
    if (typeof WebAssembly === "undefined" || typeof Worker === "undefined")
      throw new EngineError("Expected a browser with WebAssembly, but it is switched off here, as in some protected modes. Allow it for this site, or use another browser.");
    const manifest = await read(new URL(address, document.baseURI).href), engine = new Engine(manifest);
    try {
      const given = { manifest, folder: new URL(address, document.baseURI).href, runtime: new URL(runtime, document.baseURI).href };
      engine.unverified = (await engine.call("open", given, [], progress)).unverified;
    } catch (error) {
      engine.close();
      throw error;
    }
    return engine;
  }

  constructor(manifest) {
    Object.assign(this, { manifest, unverified: "", waiting: new Map(), calls: 0, latest: new Latest(), scoring: null });
    this.worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
    this.worker.onmessage = ({ data }) => this.answered(data);
    this.worker.onerror = (event) => this.fail(new EngineError(`Expected the network's worker to run, but got “${event.message || "a file that did not load"}”. Reload the page, or update the browser.`));
  }

  // Probability, maps by all gradient methods and their disagreement for a slice, HU. One call runs at a time, and of those that
  // wait only the latest: the others reject with Superseded. `layer` is a name or an index, `explained` a class; null is the answer.
  async explain(network, hounsfield, { layer = null, explained = null } = {}) {
    const given = this.checked(network, hounsfield, layer, explained);
    return this.latest.run(() => this.call("explain", given, [given.hounsfield.buffer]));
  }

  // The Score-CAM map of a slice, HU, as one of `maps`, with `disagreement`. A later call ends it (Superseded), or `signal` does.
  async scoreCam(network, hounsfield, { layer = null, explained = null, progress = () => {}, signal } = {}) {
    const given = this.checked(network, hounsfield, layer, explained);
    signal?.throwIfAborted();
    this.scoring?.();
    const id = this.calls + 1, end = () => { this.worker?.postMessage({ call: "end", which: id }); };
    this.scoring = end;
    signal?.addEventListener("abort", end);
    try {
      return await this.call("scoreCam", given, [given.hounsfield.buffer], (_, share) => progress(share));
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener("abort", end);
      if (this.scoring === end) this.scoring = null;
    }
  }

  // Bytes of the memory in which the networks run.
  memory() {
    return this.call("memory", {}, []);
  }

  // Stop the worker and give back its memory.
  close() {
    this.fail(new EngineError("Expected an open engine, but it was closed. Start the network again."));
  }

  // A call's values as the worker takes them; the slice is copied, so that it can be edited meanwhile.
  checked(name, hounsfield, layer, explained) {
    const { networks, classes } = this.manifest, spec = networks.find((one) => one.name === name);
    if (!spec) throw new EngineError(`Expected one of the networks ${networks.map((one) => one.name).join(", ")}, but got ${name}.`);
    if (spec.why_not) throw new EngineError(spec.why_not);
    const index = layer === null ? spec.focus : typeof layer === "number" ? layer : spec.layers.findIndex((one) => one.name === layer);
    if (!spec.layers[index]) throw new EngineError(`Expected one of the layers ${spec.layers.map((one) => one.name).join(", ")}, but got ${layer}.`);
    if (explained !== null && !classes[explained]) throw new EngineError(`Expected a class from 0 to ${classes.length - 1}, but got ${explained}.`);
    return { network: name, hounsfield: Float32Array.from(hounsfield), layer: index, explained };
  }

  call(call, given, handed, progress) {
    return new Promise((resolve, reject) => {
      if (!this.worker) return reject(this.failed);
      const id = ++this.calls;
      this.waiting.set(id, { resolve, reject, progress });
      this.worker.postMessage({ id, call, ...given }, handed);
    });
  }

  answered({ id, result, error, words, share }) {
    const { resolve, reject, progress } = this.waiting.get(id) ?? {};
    if (!resolve) return;
    if (words !== undefined) return progress?.(words, share);
    this.waiting.delete(id);
    if (!error) return resolve(result);
    reject(error.name === "Superseded" ? new Superseded() : new EngineError(error.message));
  }

  // End everything with one error.
  fail(error) {
    this.failed ??= error;
    this.worker?.terminate();
    this.worker = null;
    for (const { reject } of this.waiting.values()) reject(this.failed);
    this.waiting.clear();
  }
}

async function read(address) {
  const bytes = await download(address);
  let manifest;
  try {
    manifest = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new EngineError(`Expected the description of the networks in manifest.json, but got text that is no JSON (${error.message}). Reload the page.`);
  }
  if (manifest.version !== VERSION)
    throw new EngineError(`Expected manifest.json of version ${VERSION}, but got ${manifest.version}. Reload the page without its cache, so that page and files fit.`);
  return manifest;
}
