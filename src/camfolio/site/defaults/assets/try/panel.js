// What one network says: whether the picture is like its training slices, its answer, and its maps as stored, before and after the edits.
import { element } from "../explorer/words.js";
import { edges } from "../explorer/outline.js";
import { svg } from "../explorer/strips.js";
import { shares } from "./colours.js";
import { energyInside } from "./energy.js";
import { answer, answered, energy, two } from "./words.js";

const COLUMNS = { stored: "stored by Python", before: "here, before the edits", now: "here, now" };

export class NetworkPanel {
  // `titled`: whether there are several networks, so that each needs its name.
  constructor(network, manifest, colours, titled) {
    Object.assign(this, { network, manifest, colours });
    this.check = element("p", { class: "check said" });
    this.verdict = element("p", { class: "verdict" });
    this.was = element("p", { class: "was said" });
    this.details = element("p", { class: "said" });
    this.bars = manifest.classes.map((name, k) => this.makeBar(name, k));
    this.cells = Object.fromEntries(Object.keys(COLUMNS).map((column) => [column, manifest.methods.map((method) => this.makeCell(method, column))]));
    this.heads = Object.entries(COLUMNS).map(([column, words]) => element("p", { class: column }, words));
    this.grid = element("div", { class: "maps" }, element("div", { class: "row", "aria-hidden": "true" }, ...this.heads),
      ...manifest.methods.map((method, n) => this.makeRow(method, Object.values(this.cells).map((cells) => cells[n].box))));
    this.box = element("section", { class: "network", "aria-label": network.title },
      element("h2", {}, titled ? `Network ${network.title}` : `Answer of ${network.title}`),
      this.check, this.verdict, this.was, element("div", { class: "bars" }, ...this.bars.map((bar) => bar.box)), this.details, this.grid);
  }

  makeBar(name, k) {
    const fill = element("span", { class: "fill" }), mark = element("span", { class: "mark" }), value = element("span", { class: "value" });
    const box = element("div", { class: `bar class-${k}` }, element("span", {}, name), element("span", { class: "track", "aria-hidden": "true" }, fill, mark), value);
    return { box, fill, mark, value };
  }

  makeRow({ title }, boxes) {
    return element("div", { class: "row", role: "group", "aria-label": `${title}: ${this.network.title}` }, element("h3", {}, title), ...boxes);
  }

  makeCell(method, column) {
    const [height, width] = this.manifest.size;
    const canvas = element("canvas", { width, height, role: "img" });
    const halo = svg("path", { class: "halo" }), outline = svg("path", { class: "outline" });
    const lines = svg("svg", { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
    lines.append(halo, outline);
    const state = element("p", { class: "state" }), progress = element("progress", { max: 1, value: 0, hidden: "", "aria-label": `${method.title}, ${COLUMNS[column]}` });
    const value = element("p", { class: "value" });
    const box = element("div", { class: `cell ${column}` }, element("div", { class: "pixels" }, canvas, lines, state, progress), value);
    return { method, column, box, canvas, halo, outline, state, progress, value };
  }

  // Show readings (of live.js), what is `stored`, { maps, explained }, or null, and with which look: "positive", "signed" or "disagreement".
  show({ before, now, stored, edited, look }) {
    const { classes } = this.manifest;
    this.compare(now.result.check);
    this.verdict.textContent = answer(classes, now.result.probability);
    this.verdict.dataset.class = answered(now.result.probability);
    this.was.textContent = edited ? `Before the edits: ${answer(classes, before.result.probability)}.` : "Unchanged.";
    this.bars.forEach((bar, k) => this.fill(bar, now.result.probability[k], edited ? before.result.probability[k] : null));
    this.details.textContent = this.sentence(now.result);
    this.grid.classList.toggle("live-only", !stored);
    for (const cell of this.cells.before) this.draw(cell, before, before.maps[cell.method.key], look);
    for (const cell of this.cells.now) this.draw(cell, now, now.maps[cell.method.key], look);
    if (stored) for (const cell of this.cells.stored) this.drawStored(cell, before, stored, look);
  }

  // Whether the picture is like those that the network was trained on: said before the answer, as a warning if it is not.
  compare(check) {
    const words = check && `distance ${two(check.distance)}, limit ${two(check.threshold)}.`;
    this.check.classList.toggle("far", Boolean(check?.far));
    this.check.textContent = !check ? "" : check.far ? `Unlike the training slices: ${words} Do not rely on the answer.` : `Like the training slices: ${words}`;
  }

  fill(bar, value, before) {
    bar.fill.style.width = `${100 * value}%`;
    bar.mark.hidden = before === null;
    if (before !== null) bar.mark.style.left = `${100 * before}%`;
    bar.value.textContent = two(value);
  }

  sentence({ spread, explained, ms }) {
    const members = spread ? `The ${this.network.members} networks: ${two(spread[0])} to ${two(spread[1])} for ${this.manifest.classes[explained]}. ` : "";
    return `${members}Answer in ${Math.round(ms.forward)} ms, maps in ${Math.round(ms.maps)} ms.`;
  }

  draw(cell, reading, map, look) {
    const kind = look === "disagreement" ? map?.disagreement : map?.[look];
    this.paint(cell, reading, map && (kind ?? null), look === "signed", map ? energyInside(map.positive, reading.mask) : null);
  }

  // The stored map, of the layer in focus, and how far the one computed here is from it if both explain the same.
  drawStored(cell, reading, { maps, explained }, look) {
    const map = maps[cell.method.key], stored = map?.[look], live = reading.maps[cell.method.key]?.[look];
    this.paint(cell, reading, stored ?? null, look === "signed", map ? energyInside(map.positive, reading.mask) : null);
    if (explained !== reading.result.explained) cell.value.textContent += `; explains ${this.manifest.classes[explained]}`;
    else if (reading.layer !== this.network.focus) cell.value.textContent += `; of ${this.network.layers[this.network.focus].name}`;
    else if (live && stored) cell.value.textContent += `; differs by ${difference(shares(live), shares(stored))}`;
  }

  // Draw a map: undefined while it is not computed, null if the look has none.
  paint(cell, { seen, mask }, map, signed, share) {
    const scaled = map && shares(map), waiting = map === undefined;
    this.colours.draw(cell.canvas, seen, scaled ?? null, signed);
    const path = edges(mask, this.manifest.size);
    for (const one of [cell.halo, cell.outline]) one.setAttribute("d", path);
    cell.state.textContent = waiting ? "not yet" : map === null ? "not stored" : scaled ? "" : "empty";
    cell.value.textContent = waiting ? "" : mask.some(Boolean) ? `energy inside ${energy(share)}` : "no outline";
    cell.canvas.setAttribute("aria-label", `${cell.method.title}, ${COLUMNS[cell.column]}: ${cell.state.textContent || cell.value.textContent}`);
  }

  // How far a map is computed that takes long, in the column "before" or "now"; null when it is done.
  progress(column, key, share) {
    const cell = this.cells[column].find((one) => one.method.key === key);
    cell.progress.hidden = share === null;
    cell.progress.value = share ?? 0;
  }
}

// The largest difference of two maps, null where empty, as a share of their range.
function difference(live, stored) {
  if (!live || !stored) return live === stored ? "0" : "1";
  const largest = live.reduce((most, value, i) => Math.max(most, Math.abs(value - stored[i])), 0);
  return largest < 0.001 ? "less than 0.001" : largest.toFixed(3);
}
