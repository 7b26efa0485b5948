// The worker of the live network: owns ONNX Runtime and the networks, and answers the engine's calls one by one.
import { UNVERIFIED } from "./download.js";
import { EngineError, Superseded } from "./errors.js";
import { Network } from "./network.js";
import { Runtime } from "./runtime.js";

const CALLS = { open, explain, scoreCam, end, memory: () => study.runtime.bytes };
const ended = new Set(), networks = new Map();
let study = null;

self.onmessage = async ({ data: { id, call, ...given } }) => {
  const tell = (words, share) => self.postMessage({ id, words, share });
  try {
    const result = await CALLS[call]({ ...given, id, tell });
    self.postMessage({ id, result }, buffers(result));
  } catch (error) {
    self.postMessage({ id, error: { name: error.name, message: error.message } });
  }
};

// Loads the runtime and the first network that can run.
async function open({ manifest, folder, runtime, tell }) {
  const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
  const follow = (what, size) => (bytes) => tell(`${what}: ${megabytes(bytes)}${size ? ` of ${megabytes(size)}` : ""}`, size ? Math.min(bytes / size, 1) : null);
  const files = manifest.runtime ?? {}, size = Object.values(files).reduce((most, file) => Math.max(most, file.bytes), 0);
  study = { manifest, folder, runtime: await Runtime.load(runtime, files, follow("Loading ONNX Runtime", size)) };
  const first = manifest.networks.find((spec) => !spec.why_not);
  if (!first) throw new EngineError(`Expected a network that runs in a browser, but got none. ${manifest.networks[0]?.why_not ?? ""}`.trim());
  tell("Loading the network", null);
  const weights = (first.weights ?? []).reduce((total, file) => total + file.bytes, 0);
  await network(first.name).session("gradients", follow("Loading the network", weights));
  return { unverified: UNVERIFIED };
}

function network(name) {
  const spec = study.manifest.networks.find((one) => one.name === name);
  if (!networks.has(name)) networks.set(name, new Network(spec, study.manifest, study.folder, study.runtime));
  return networks.get(name);
}

function explain({ network: name, hounsfield, layer, explained }) {
  return network(name).explain(hounsfield, layer, explained);
}

function scoreCam({ id, network: name, hounsfield, layer, explained, tell }) {
  return network(name).scoreCam(hounsfield, layer, explained, async (share) => {
    tell("", share);
    await new Promise((resume) => { setTimeout(resume); }); // other calls come in between
    if (ended.delete(id)) throw new Superseded();
  });
}

// Ends a call to scoreCam before its next pass.
function end({ which }) {
  ended.add(which);
}

// The buffers of all arrays in a result, which are handed over instead of copied.
function buffers(value) {
  if (ArrayBuffer.isView(value)) return [value.buffer];
  return value && typeof value === "object" ? Object.values(value).flatMap(buffers) : [];
}
