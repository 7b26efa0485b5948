// ONNX Runtime in this worker: its build for WebAssembly alone, on one thread, with little memory.
import { download } from "./download.js";
import { EngineError } from "./errors.js";

const MODULE = "ort.wasm.min.mjs", BINARY = "ort-wasm-simd-threaded.wasm";
const LIMITS_MB = [1024, 512, 256, 128]; // of the memory, tried one after the other; the runtime itself asks for 4096
const PAGES_PER_MB = 16;
const OPTIONS = { executionProviders: ["wasm"], graphOptimizationLevel: "all" };
const CLOSE = "Close other tabs and apps, or use a computer.";

export class Runtime {
  // Load the runtime from its folder; `track` as of `download`.
  static async load(folder, track) {
    const runtime = new Runtime(), files = [imported(new URL(MODULE, folder)), download(new URL(BINARY, folder).href, {}, track)];
    const [ort, wasmBinary] = await Promise.all(files);
    Object.assign(ort.env.wasm, { numThreads: 1, proxy: false, wasmPaths: folder, wasmBinary });
    ort.env.logLevel = "error";
    return Object.assign(runtime, { ort }, limitMemory());
  }

  // Bytes of its memory, which grows and never shrinks.
  get bytes() {
    return this.granted.at(-1)?.buffer.byteLength ?? 0;
  }

  // A session of a graph and the files of its weights ({path, data}); the first one starts the runtime.
  async session(name, graph, externalData) {
    const { ort } = this;
    try {
      return await ort.InferenceSession.create(graph, { ...OPTIONS, externalData });
    } catch (error) {
      throw this.explained(error, `ONNX Runtime to open ${name}`);
    } finally {
      delete ort.env.wasm.wasmBinary; // 14 MB that nothing needs any more
    }
  }

  // What a session gives for an input, as typed arrays by name.
  async run(session, images, names) {
    const tensor = new this.ort.Tensor("float32", images.data, images.dims);
    try {
      return await session.run({ images: tensor }, names);
    } catch (error) {
      throw this.explained(error, "the network to run");
    }
  }

  // An error of the runtime, as one sentence.
  explained(error, wanted) {
    const said = String(error.message ?? error).split("\n")[0], expected = said.startsWith("no available backend") ? "ONNX Runtime to start" : wanted;
    const tried = this.refused.length ? ` (refused: ${this.refused.join(", ")} MB)` : "";
    if (this.refused.length === LIMITS_MB.length) return new EngineError(`Expected memory for the network, but this browser grants none${tried}. ${CLOSE}`);
    if (/unsafe-eval|disallowed by embedder/i.test(said))
      return new EngineError("Expected a server that allows WebAssembly, but the Content-Security-Policy it sends forbids it. Add 'wasm-unsafe-eval' to its script-src.");
    if (/bad_alloc|allocat|out of memory|\boom\b/i.test(said)) {
      const limit = LIMITS_MB.find((value) => !this.refused.includes(value));
      return new EngineError(`Expected ${expected}, but its memory of at most ${limit} MB${tried} is full. ${CLOSE}`);
    }
    return new EngineError(`Expected ${expected}, but got “${said}”. Reload the page, update the browser, or use another one.`);
  }
}

async function imported(address) {
  try {
    return await import(address.href);
  } catch (error) {
    throw new EngineError(`Expected ONNX Runtime at ${address.pathname}, but it could not be loaded (${error.message}). Reload the page; if that does not help, the site was built without it.`);
  }
}

// From now on memory gets the highest limit that this browser grants; returns what is granted, and the limits that are refused. The
// runtime has no option for it, and phones refuse the address space for its 4 GB (onnxruntime #22086).
function limitMemory() {
  const { Memory } = WebAssembly, granted = [], refused = [];
  WebAssembly.Memory = function (wanted) {
    for (const limit of LIMITS_MB.filter((value) => !refused.includes(value)))
      try {
        const memory = new Memory({ ...wanted, maximum: Math.min(wanted.maximum, limit * PAGES_PER_MB) });
        granted.push(memory);
        return memory;
      } catch {
        refused.push(limit);
      }
    throw new RangeError("no memory");
  };
  WebAssembly.Memory.prototype = Memory.prototype;
  return { granted, refused };
}
