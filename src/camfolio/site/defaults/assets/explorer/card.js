// One slice, large: its outcome in words, the map over it, the mask's outline and a scale bar.
import { svg } from "./strips.js";
import { element, outcome } from "./words.js";

const LARGE = 320; // pixels

export class Card {
  constructor(data, pictures, kept) {
    const [height, width] = data.size;
    Object.assign(this, { data, pictures });
    this.heading = element("h2", { "data-part": kept ? "kept" : "heading" });
    this.outcome = element("p", kept ? {} : { "data-part": "outcome" });
    this.large = element("canvas", { width, height, role: "img" });
    this.lines = svg("svg", { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
    this.plate = element("div", { class: "pixels" }, this.large, this.lines);
    this.said = element("p", { class: "said" });
    this.plate.style.width = `${width * Math.max(1, Math.floor(LARGE / width))}px`;
    this.box = element("div", { class: "card", "data-card": kept ? "kept" : "current" }, this.heading, this.outcome, this.plate, this.said);
  }

  // Show a slice under a state; -1 for none.
  async show(index, state) {
    this.box.hidden = index < 0;
    if (index < 0) return;
    const { data, pictures } = this;
    this.heading.textContent = data.id[index];
    this.outcome.textContent = `${outcome(data, index)}${data.label[index] === data.predicted[index] ? "" : " (misclassified)"}`;
    this.large.setAttribute("aria-label", `${data.methods[state.method]} over slice ${data.id[index]}: ${outcome(data, index)}`);
    const about = [index, state.method, state.blend, state.threshold, state.outline].join("/");
    this.about = about;
    const [pixels, path] = await Promise.all([
      pictures.remaining(index, state.method, state.threshold), state.outline ? pictures.outline(index) : "", pictures.draw(this.large, index, state),
    ]);
    if (this.about !== about) return; // another slice was asked for meanwhile
    this.draw(path, data.bar[index][1]);
    this.said.textContent = `The white bar is ${data.bar[index][0]} mm. ${this.remaining(pixels, state)}`;
  }

  draw(path, pixels) {
    const [height, width] = this.data.size;
    const bar = svg("path", { class: "bar", d: `M${width - 2 - pixels} ${height - 2}h${pixels}` });
    this.lines.replaceChildren(svg("path", { class: "halo", d: path }), svg("path", { class: "outline", d: path }), bar);
  }

  // How much of the map is shown, in words.
  remaining(pixels, { blend, threshold }) {
    const [height, width] = this.data.size;
    if (!pixels) return "The map is empty.";
    if (!blend) return "The map is switched off.";
    if (!threshold) return "The whole map is shown.";
    return `The map is shown on ${pixels} of ${height * width} pixels: those with at least ${Math.round(100 * threshold)}\u202f% of its ${this.data.signed ? "largest magnitude" : "maximum"}.`;
  }
}
