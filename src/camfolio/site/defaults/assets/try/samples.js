// The test slices of the study and the maps that Python stored for them, in files of some slices each, fetched when one is needed.
const KEPT = 12; // files in memory; each has at most 256 KB

export class Samples {
  constructor(manifest, address) {
    Object.assign(this, { ...manifest.slices, address, files: new Map() });
    this.pixels = manifest.size[0] * manifest.size[1];
    this.spacing = manifest.slices.spacing_mm ?? Array(this.count).fill(manifest.spacing_mm[1]);
  }

  // HU, outline and mm per pixel of a slice.
  async slice(index) {
    const [hounsfield, mask] = await Promise.all([this.part(this.hounsfield, Float32Array, index), this.part(this.masks, Uint8Array, index)]);
    return { hounsfield, mask, spacing: this.spacing[index] };
  }

  // The stored maps of a network for a slice, as shares of their largest magnitude: key -> {positive, signed}; {} if there are none.
  async maps(index, network) {
    const stored = Object.entries(this.stored[network]?.maps ?? {});
    const read = async (name) => name && Float32Array.from(await this.part(name, Int16Array, index), (value) => value / 32767);
    const both = await Promise.all(stored.map(async ([key, { positive, signed }]) => [key, { positive: await read(positive), signed: await read(signed) }]));
    return Object.fromEntries(both);
  }

  // The class that they explain.
  explained(index, network) {
    return this.stored[network].explained[index];
  }

  // The values of one slice in the file, one of several, that holds it; numbers in files are little-endian, as on all machines with browsers.
  async part(name, Values, index) {
    const file = name.replace("{}", Math.floor(index / this.per_file)), start = (index % this.per_file) * this.pixels;
    if (!this.files.has(file)) this.keep(file, load(new URL(file, this.address)));
    const buffer = await this.files.get(file), end = start + this.pixels;
    if (buffer.byteLength < end * Values.BYTES_PER_ELEMENT) throw new Error(`Expected slices in ${file}, but it is truncated. Reload the page.`);
    return new Values(buffer).slice(start, end);
  }

  keep(file, loading) {
    this.files.set(file, loading);
    loading.catch(() => this.files.delete(file));
    if (this.files.size > KEPT) this.files.delete(this.files.keys().next().value);
  }
}

async function load(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`Expected slices in ${address.pathname.split("/").pop()}, but the server answered ${answer.status}. Reload the page.`);
  return answer.arrayBuffer();
}
