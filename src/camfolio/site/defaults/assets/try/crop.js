// A dialog in which the reader sets the network's field on a larger picture, its pixel spacing and, for grey values, their HU.
import { cropped, inWindow } from "./resampling.js";

const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

export class Crop {
  // `dialog` has parts of these names; the manifest has `size`, `window_hu` and `spacing_mm` of the network's field.
  constructor(dialog, manifest, colours) {
    Object.assign(this, { dialog, manifest, colours });
    for (const part of dialog.querySelectorAll("[data-part]")) this[part.dataset.part] = part;
    this.form = dialog.querySelector("form");
    [this.preview.height, this.preview.width] = manifest.size;
    this.target = manifest.spacing_mm;
    this.form.addEventListener("input", () => this.show());
    this.field.addEventListener("pointerdown", (event) => this.grab(event));
    this.field.addEventListener("pointermove", (event) => this.drag(event));
    this.field.addEventListener("pointerup", () => { this.grabbed = null; });
    this.field.addEventListener("keydown", (event) => this.pressed(event));
  }

  // HU in the network's field, and its mm per pixel; null if the reader closes the dialog.
  async choose(picture) {
    Object.assign(this, { picture, centre: picture.size.map((pixels) => (pixels - 1) / 2), look: null });
    this.name.textContent = picture.name;
    this.notes.textContent = [`${picture.size[1]} × ${picture.size[0]} pixels.`, ...picture.notes].join(" ");
    this.greys.hidden = picture.unit !== "grey";
    const given = picture.spacing ?? this.target;
    [this.form.row_mm.value, this.form.column_mm.value] = given.map((mm) => String(Number(mm.toFixed(4))));
    this.origin.textContent = picture.spacing ? "as in the file" : "the file does not say it: this is the network's";
    [this.form.black.value, this.form.white.value] = this.manifest.window_hu;
    this.show();
    this.dialog.returnValue = "";
    this.dialog.showModal();
    await new Promise((resolve) => this.dialog.addEventListener("close", resolve, { once: true }));
    const chosen = this.dialog.returnValue === "use" ? { hounsfield: this.crop(), spacing: this.target[1] } : null;
    this.picture = this.hounsfield = null; // their memory is free
    return chosen;
  }

  get spacing() { return [Number(this.form.row_mm.value), Number(this.form.column_mm.value)]; }
  get window() { return [Number(this.form.black.value), Number(this.form.white.value)]; }

  values() {
    return this.picture.unit === "grey" ? inWindow(this.picture.values, this.window) : this.picture.values;
  }

  crop() {
    return cropped({ ...this.picture, values: this.hounsfield, spacing: this.spacing }, this.centre, this.manifest.size, this.target);
  }

  // The field's size in pixels of the picture.
  get extent() {
    return this.manifest.size.map((pixels, axis) => (pixels * this.target[axis]) / this.spacing[axis]);
  }

  // Draw the picture in the network's window, the field, and what the network would receive.
  show() {
    const valid = this.spacing.every((mm) => mm > 0) && this.window[0] < this.window[1];
    this.use.disabled = !valid;
    this.problem.textContent = valid ? "" : "Expected mm per pixel above 0, and black below white.";
    if (!valid) return;
    const [rows, columns] = this.picture.size, look = String([...this.window, this.picture.unit]);
    if (this.look !== look) this.draw(rows, columns);
    this.look = look;
    const [height, width] = this.extent, [row, column] = this.centre;
    this.lines.setAttribute("viewBox", `-0.5 -0.5 ${columns} ${rows}`);
    this.lines.firstElementChild.setAttribute("d", `M${column - width / 2} ${row - height / 2}h${width}v${height}h${-width}z`);
    this.colours.draw(this.preview, this.crop(), null, false);
    this.where.textContent = `The field is ${this.words()}; its centre is at row ${Math.round(row)}, column ${Math.round(column)}.`;
  }

  words() {
    const [height, width] = this.manifest.size.map((pixels, axis) => Math.round(pixels * this.target[axis]));
    return `${width} × ${height} mm`;
  }

  draw(rows, columns) {
    Object.assign(this.whole, { width: columns, height: rows });
    const [low, high] = this.manifest.window_hu, values = (this.hounsfield = this.values()), image = new ImageData(columns, rows);
    for (let i = 0; i < values.length; i++) {
      image.data.fill((255 * (values[i] - low)) / (high - low), 4 * i, 4 * i + 3);
      image.data[4 * i + 3] = 255;
    }
    this.whole.getContext("2d").putImageData(image, 0, 0);
  }

  // Pixels of the picture per CSS pixel, which is the same along both axes.
  get perPixel() { return this.picture.size[1] / this.field.clientWidth; }

  grab(event) {
    this.field.setPointerCapture(event.pointerId);
    const { left, top } = this.field.getBoundingClientRect();
    this.move([(event.clientY - top) * this.perPixel - 0.5, (event.clientX - left) * this.perPixel - 0.5]);
    this.grabbed = [event.clientY, event.clientX, ...this.centre];
    event.preventDefault();
    this.field.focus();
  }

  drag(event) {
    if (!this.grabbed) return;
    const [top, left, row, column] = this.grabbed;
    this.move([row + (event.clientY - top) * this.perPixel, column + (event.clientX - left) * this.perPixel]);
  }

  pressed(event) {
    const arrow = ARROWS[event.key], by = event.shiftKey ? 10 : 1;
    if (!arrow) return;
    event.preventDefault();
    this.move(this.centre.map((place, axis) => place + by * arrow[axis]));
  }

  // Move the centre, within the picture.
  move(centre) {
    this.centre = centre.map((place, axis) => Math.min(this.picture.size[axis] - 1, Math.max(0, place)));
    this.show();
  }
}
