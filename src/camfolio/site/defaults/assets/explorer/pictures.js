// Slices, masks and maps from their sheets, each fetched on first use; and overlays of a map on a slice.
import { fetched } from "./files.js";
import { edges } from "./outline.js";

const BLACK = [0, 0, 0];

export class Pictures {
  // The sheets lie beside the file with the data.
  constructor(data, file) {
    Object.assign(this, { data, file });
    this.sheets = new Map();
    this.alpha = Float32Array.from({ length: 256 }, (_, v) => data.opacity * Math.abs(this.share(v)) ** data.gamma);
    this.colour = data.ramp.map((hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)));
  }

  // The share that a level of 0 to 255 on a map's sheet stands for.
  share(level) {
    return this.data.signed ? (level - 128) / 127 : level / 255;
  }

  // The index of a level's colour in the ramp.
  rampIndex(level) {
    return this.data.signed ? Math.min(255, Math.round(127.5 * (this.share(level) + 1))) : level;
  }

  // The levels of one small picture, row by row: kind is slice, mask or map-NUMBER.
  async levels(kind, index) {
    const number = String(Math.floor(index / this.data.tiles)).padStart(3, "0");
    const name = `${kind}-${number}.png`;
    if (!this.sheets.has(name)) this.sheets.set(name, load(new URL(name, this.file)));
    const sheet = await this.sheets.get(name);
    const [height, width] = this.data.size;
    const at = index % this.data.tiles;
    const top = Math.floor(at / this.data.columns) * height, left = (at % this.data.columns) * width;
    const levels = new Uint8Array(height * width);
    for (let row = 0; row < height; row++) {
      const start = (top + row) * sheet.width + left;
      levels.set(sheet.levels.subarray(start, start + width), row * width);
    }
    return levels;
  }

  // How far a level is from a map's zero.
  magnitude(level) {
    return this.data.signed ? Math.abs(level - 128) : level;
  }

  // The largest magnitude of a map.
  peak(map) {
    return map.reduce((peak, level) => Math.max(peak, this.magnitude(level)), 0);
  }

  // Draw a slice with a map over it, at an opacity `blend` of 0 to 1, without the map where it is below `threshold`, a share of its
  // maximum; skipped if the canvas was asked for another one meanwhile.
  async draw(canvas, index, { method, blend, threshold }) {
    const shown = `${index}/${method}/${blend}/${threshold}`;
    if (canvas.dataset.shows === shown) return;
    canvas.dataset.shows = shown;
    const parts = [this.levels("slice", index), blend > 0 ? this.levels(`map-${method}`, index) : null];
    const [grey, map] = await Promise.all(parts);
    if (canvas.dataset.shows !== shown) return;
    const [height, width] = this.data.size, lowest = map && threshold ? threshold * this.peak(map) : 0;
    const picture = new ImageData(width, height);
    for (let i = 0; i < grey.length; i++) {
      const over = map && this.magnitude(map[i]) >= lowest ? blend * this.alpha[map[i]] : 0;
      const colour = over ? this.colour[this.rampIndex(map[i])] : BLACK;
      for (let c = 0; c < 3; c++) picture.data[4 * i + c] = (1 - over) * grey[i] + over * colour[c];
      picture.data[4 * i + 3] = 255;
    }
    canvas.getContext("2d").putImageData(picture, 0, 0);
  }

  // How many pixels of a map have at least this share of its maximum; 0 if it is empty.
  async remaining(index, method, threshold) {
    const map = await this.levels(`map-${method}`, index), peak = this.peak(map);
    return peak ? map.filter((level) => this.magnitude(level) >= threshold * peak).length : 0;
  }

  // The edges of a mask's pixels as an SVG path.
  async outline(index) {
    return edges(await this.levels("mask", index), this.data.size);
  }
}

// The grey levels of a PNG as they are stored.
async function load(address) {
  const bitmap = await createImageBitmap(await (await fetched(address)).blob(), { colorSpaceConversion: "none" });
  const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  const pixels = context.getImageData(0, 0, bitmap.width, bitmap.height).data;
  const levels = new Uint8Array(bitmap.width * bitmap.height);
  for (let i = 0; i < levels.length; i++) levels[i] = pixels[4 * i];
  return { levels, width: bitmap.width };
}
