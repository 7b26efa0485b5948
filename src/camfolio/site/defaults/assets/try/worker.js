// The worker of the live network: owns ONNX Runtime and the networks, and answers the engine's calls one by one.
import { UNVERIFIED } from "./download.js";
import { EngineError, Superseded } from "./errors.js";
import { Network } from "./network.js";
import { Runtime } from "./runtime.js";

const CALLS = { open, explain, scoreCam, end, memory: () => study.runtime.bytes };
const networks = new Map(), scoring = new Map(); // by name; and by the number of a call whether it was ended
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
  const follow = (what) => (bytes, all) => tell(`${what}: ${megabytes(bytes)}${all ? ` of ${megabytes(all)}` : ""}`, all ? bytes / all : null);
  study = { manifest, folder, runtime: await Runtime.load(runtime, follow("Loading ONNX Runtime")) };
  const first = manifest.networks.find((spec) => !spec.why_not);
  if (!first) throw new EngineError(`Expected a network that runs in a browser, but got none. ${manifest.networks[0]?.why_not ?? ""}`.trim());
  tell("Loading the network", null);
  await Promise.all([network(first.name).session("gradients", follow("Loading the network")), network(first.name).measure()]);
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

async function scoreCam({ id, network: name, hounsfield, layer, explained, tell }) {
  scoring.set(id, false);
  try {
    return await network(name).scoreCam(hounsfield, layer, explained, async (share) => {
      tell("", share);
      await new Promise((resume) => { setTimeout(resume); }); // other calls come in between
      if (scoring.get(id)) throw new Superseded();
    });
  } finally {
    scoring.delete(id);
  }
}

// Ends a call to scoreCam before its next pass.
function end({ which }) {
  if (scoring.has(which)) scoring.set(which, true);
}

// The buffers of all arrays in a result, which are handed over instead of copied.
function buffers(value) {
  if (ArrayBuffer.isView(value)) return [value.buffer];
  return value && typeof value === "object" ? Object.values(value).flatMap(buffers) : [];
}
