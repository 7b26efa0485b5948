// The slice on which the reader draws, with pointer, touch or keyboard: a brush, an outline, or the nodule as a whole.
import { element } from "../explorer/words.js";
import { edges } from "../explorer/outline.js";
import { svg } from "../explorer/strips.js";
import { scaleBar } from "./colours.js";
import { line, stamp } from "./edits.js";

const WIDEST = 448; // CSS pixels
const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

export class Plate {
  // `tool()` gives { kind, hu, diameter }; on.draft(edit) is called while a stroke goes on, on.finish() and on.cancel() at its end, on.pick() for a pixel whose value is to be painted,
  // on.point(row, column, how) for the pixel under pointer or cursor, on.step(rows, columns) for an arrow key that moves the nodule.
  constructor(box, colours, size, tool, on) {
    Object.assign(this, { box, colours, size, tool, on, cursor: [size[0] >> 1, size[1] >> 1], stroke: null });
    const [height, width] = size;
    this.canvas = element("canvas", { width, height, "aria-hidden": "true" });
    this.lines = svg("svg", { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
    [this.halo, this.outline, this.bar, this.dark, this.brush] = ["halo", "outline", "bar", "brush dark", "brush"].map((name) => svg("path", { class: name }));
    this.lines.append(this.halo, this.outline, this.bar, this.dark, this.brush);
    box.append(this.canvas, this.lines);
    new ResizeObserver(() => this.fit()).observe(box.parentElement);
    this.listen();
    this.fit();
  }

  // Whole multiples of a pixel, so that all are equally large.
  fit() {
    const [, width] = this.size, room = Math.min(WIDEST, this.box.parentElement.clientWidth);
    this.box.style.width = `${width * Math.max(1, Math.floor(room / width))}px`;
  }

  // Show a picture as the network sees it, its outline and a scale bar.
  show(hounsfield, mask, spacing) {
    this.colours.draw(this.canvas, hounsfield, null, false);
    const path = edges(mask, this.size);
    for (const one of [this.halo, this.outline]) one.setAttribute("d", path);
    this.bar.setAttribute("d", spacing ? scaleBar(spacing, this.size)[1] : "");
    this.aim();
  }

  // The pixels that the brush would change.
  aim() {
    const mask = new Uint8Array(this.size[0] * this.size[1]);
    for (const pixel of this.under(this.cursor)) mask[pixel] = 1;
    const path = this.tool().kind === "move" ? "" : edges(mask, this.size);
    for (const one of [this.dark, this.brush]) one.setAttribute("d", path);
  }

  under([row, column]) {
    return stamp(row, column, this.tool().diameter, this.size);
  }

  listen() {
    const { box } = this;
    box.addEventListener("pointerdown", (event) => this.down(event));
    box.addEventListener("pointermove", (event) => this.along(event));
    box.addEventListener("pointerup", (event) => this.stroke?.pointer === event.pointerId && this.end());
    box.addEventListener("pointercancel", (event) => this.stroke?.pointer === event.pointerId && this.cancel());
    box.addEventListener("blur", () => this.stroke && this.end());
    box.addEventListener("keydown", (event) => this.pressed(event));
  }

  // The pixel under a pointer: [row, column].
  at(event) {
    const { left, top, width, height } = this.box.getBoundingClientRect(), [rows, columns] = this.size;
    const within = (share, pixels) => Math.min(pixels - 1, Math.max(0, Math.floor(share * pixels)));
    return [within((event.clientY - top) / height, rows), within((event.clientX - left) / width, columns)];
  }

  down(event) {
    if (event.button !== 0 || this.stroke) return;
    this.box.focus({ preventScroll: true });
    event.preventDefault();
    if (event.altKey) {
      this.go(this.at(event), "pointer");
      this.on.pick();
      return;
    }
    this.box.setPointerCapture(event.pointerId);
    this.begin(this.at(event), event.pointerId);
  }

  along(event) {
    const there = this.at(event);
    if (this.stroke && this.stroke.pointer !== event.pointerId) return;
    if (there[0] === this.cursor[0] && there[1] === this.cursor[1]) return;
    this.go(there, "pointer");
  }

  // Begin a stroke, with the pointer of this number or, without one, with the keyboard.
  begin(place, pointer = null) {
    this.cursor = place;
    this.stroke = { pointer, from: place, pixels: new Set(this.under(place)) };
    this.aim();
    this.on.point(...place, "pointer");
    if (this.tool().kind !== "move") this.on.draft(this.edit());
  }

  // Move the cursor to a place, and the stroke with it.
  go(place, how) {
    if (this.stroke && this.tool().kind !== "move")
      for (const step of line(this.cursor, place)) for (const pixel of this.under(step)) this.stroke.pixels.add(pixel);
    this.cursor = place;
    this.aim();
    if (this.stroke) this.on.draft(this.edit());
    this.on.point(...place, how);
  }

  // The edit that the stroke is so far.
  edit() {
    const { kind, hu } = this.tool(), { from, pixels } = this.stroke;
    if (kind === "move") return { kind, rows: this.cursor[0] - from[0], columns: this.cursor[1] - from[1] };
    const sorted = [...pixels].sort((a, b) => a - b);
    return kind === "brush" ? { kind, hu, pixels: sorted } : { kind: "outline", inside: kind === "outline", pixels: sorted };
  }

  end() {
    this.stroke = null;
    this.on.finish();
  }

  cancel() {
    if (!this.stroke) return;
    this.stroke = null;
    this.on.cancel();
  }

  pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const arrow = ARROWS[event.key];
    if (arrow && this.tool().kind === "move") this.on.step(...arrow);
    else if (arrow) this.go(arrow.map((by, axis) => Math.min(this.size[axis] - 1, Math.max(0, this.cursor[axis] + by))), "keys");
    else if (event.key === " " && this.tool().kind !== "move") this.stroke ? this.end() : this.begin(this.cursor);
    else if (event.key === "Escape" && this.stroke) this.cancel();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
