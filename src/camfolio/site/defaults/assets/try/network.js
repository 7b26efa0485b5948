// One network of a study in the worker: its graphs, loaded when first needed, and what they give for a slice.
import { distance, measure } from "./check.js";
import { download } from "./download.js";
import { EngineError } from "./errors.js";
import { networkInput } from "./input.js";
import { averaged, disagreement, enlarge, highest, METHODS, score, scoreGradient, softmax } from "./maps.js";
import { mask, scoreMap } from "./score_cam.js";

const BATCH = 8; // masked slices in one pass of Score-CAM, for each member

export class Network {
  // `spec` is the network's entry in the manifest, `folder` the manifest's address.
  constructor(spec, manifest, folder, runtime) {
    Object.assign(this, { spec, manifest, folder, runtime, kept: new Map() });
  }

  // What `make` promises, once for each key; after a failure another call tries again.
  once(key, make) {
    if (!this.kept.has(key))
      this.kept.set(key, make().catch((error) => {
        this.kept.delete(key);
        throw error;
      }));
    return this.kept.get(key);
  }

  // The session of the graph `forward` or `gradients`; `track` as of `weights`.
  session(kind, track) {
    const graph = this.spec[kind];
    return this.once(kind, async () => {
      const [bytes, weights] = await Promise.all([this.file(graph), this.once("weights", () => this.weights(track))]);
      const session = await this.runtime.session(graph.file, bytes, weights);
      if (this.kept.has("forward") && this.kept.has("gradients")) this.kept.delete("weights"); // both graphs have their own copy
      return session;
    });
  }

  // The files of weights, which both graphs read; `track` is called with the number of all their bytes so far, and that of all.
  weights(track = () => {}) {
    const files = this.spec.weights, done = files.map(() => 0), all = files.reduce((total, file) => total + file.bytes, 0);
    const follow = (i) => (bytes) => { done[i] = bytes; track(done.reduce((a, b) => a + b), all); };
    return Promise.all(files.map(async (file, i) => ({ path: file.location, data: await this.file(file, follow(i)) })));
  }

  // The numbers of the input check.
  async measure() {
    const { input_check: check, members } = this.spec;
    return check && this.once("check", async () => measure(await this.file(check), check, members));
  }

  file(file, track) {
    return download(new URL(file.file, this.folder).href, file, track);
  }

  // Class probabilities, maps by all gradient methods, their disagreement, and the distance from the training slices.
  async explain(hounsfield, layer, explained) {
    const { spec, manifest } = this, image = networkInput(hounsfield, manifest);
    const inFocus = `activations_${spec.focus}`, measured = await this.measure(), session = await this.session("gradients");
    const names = [...new Set(["logits", `activations_${layer}`, `gradients_${layer}`, ...(measured ? [inFocus] : [])])];
    const began = performance.now(), outputs = await this.runtime.run(session, this.one(image), names), ran = performance.now();
    const answer = this.answer(outputs.logits, explained), cells = this.cells(layer);
    const activations = split(outputs[`activations_${layer}`].data, spec.members), gradients = split(outputs[`gradients_${layer}`].data, spec.members);
    const maps = {}, differing = {};
    const slopes = gradients.map((g, m) => scoreGradient(g, answer.logits[m], answer.explained, this.comparison));
    for (const { key } of manifest.methods.filter((method) => METHODS[method.key])) {
      const members = activations.map((A, m) => METHODS[key](A, slopes[m], cells));
      const { disagreement: between, ...map } = this.joined(members, layer);
      maps[key] = map;
      if (between) differing[key] = between;
    }
    const check = measured && distance(split(outputs[inFocus].data, spec.members), measured, spec.input_check);
    const { probability, spread, explained: target } = answer;
    return { probability, spread, explained: target, maps, disagreement: differing, check, ms: { forward: ran - began, maps: performance.now() - ran } };
  }

  // Score-CAM; `step(share)` is awaited after every pass, and may end it by throwing.
  async scoreCam(hounsfield, layer, explained, step) {
    const { spec, manifest } = this, image = networkInput(hounsfield, manifest), began = performance.now();
    const outputs = await this.runtime.run(await this.session("gradients"), this.one(image), ["logits", `activations_${layer}`]);
    const answer = this.answer(outputs.logits, explained), cells = this.cells(layer);
    const activations = split(outputs[`activations_${layer}`].data, spec.members), { channels } = spec.layers[layer];
    const scores = activations.map(() => []), session = await this.session("forward");
    for (let start = 0; start < channels; start += BATCH) {
      const count = Math.min(BATCH, channels - start);
      for (const [m, logits] of (await this.masked(session, image, activations, layer, start, count)).entries())
        scores[m].push(...logits.map((row) => score(row, answer.explained, this.comparison)));
      await step((start + count) / channels);
    }
    const members = activations.map((A, m) => scoreMap(A, cells, scores[m]));
    return { ...this.joined(members, layer), explained: answer.explained, ms: performance.now() - began };
  }

  // Every member's logits for the slice masked by `count` of its channels, from channel `start` on.
  async masked(session, image, activations, layer, start, count) {
    const { spec, manifest } = this, cells = this.cells(layer), pixels = image.length;
    const images = new Float32Array(spec.members * count * pixels);
    activations.forEach((A, m) => {
      for (let k = 0; k < count; k++) {
        const at = (m * count + k) * pixels, channel = A.subarray((start + k) * cells, (start + k + 1) * cells);
        mask(image, channel, spec.layers[layer].cells, manifest.size, manifest.score_cam.masked_input, images.subarray(at, at + pixels));
      }
    });
    const { logits } = await this.runtime.run(session, { data: images, dims: [spec.members, count, 1, ...manifest.size] }, ["logits"]);
    return split(logits.data, spec.members).map((rows) => split(rows, count));
  }

  // Probabilities from the logits of one slice: their mean over members and the range of each class, and the class to explain.
  answer(logits, explained) {
    if (!logits.data.every(Number.isFinite)) throw new EngineError("Expected finite logits, but the network gives none for this slice. Undo, or choose another slice.");
    const rows = split(logits.data, this.spec.members), each = rows.map(softmax);
    const probability = Float32Array.from(each[0], (_, k) => each.reduce((total, row) => total + row[k], 0) / each.length);
    const target = explained ?? highest(Array.from(probability)), own = each.map((row) => row[target]);
    return { logits: rows, probability, explained: target, spread: rows.length > 1 ? [Math.min(...own), Math.max(...own)] : null };
  }

  // The members' maps as one map: signed, and `positive` after its ReLU, both enlarged; and how much the members disagree.
  joined(members, layer) {
    const { cells: shape, centres } = this.spec.layers[layer], size = this.manifest.size, map = averaged(members), differing = disagreement(members);
    return {
      signed: enlarge(map, shape, size, centres), positive: enlarge(map.map((value) => Math.max(value, 0)), shape, size, centres),
      cells: Float32Array.from(map), shape, disagreement: differing && enlarge(differing, shape, size, centres),
    };
  }

  // The factor of the strongest other class's logit in what is explained.
  get comparison() {
    return this.manifest.target === "margin" ? 1 : 0;
  }

  one = (image) => ({ data: image, dims: [1, 1, ...this.manifest.size] });

  cells(layer) {
    const [rows, columns] = this.spec.layers[layer].cells;
    return rows * columns;
  }
}

// An array in equal parts, which share its memory.
function split(array, parts) {
  const size = array.length / parts;
  return Array.from({ length: parts }, (_, part) => array.subarray(part * size, (part + 1) * size));
}
