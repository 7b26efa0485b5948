// The scores of a slice, one row each: name, value, its place among all slices; of two slices, both values and their difference.
import { Distributions, strip } from "./strips.js";
import { element, named, number } from "./words.js";

const COLUMNS = ["probability", "area_share"]; // of slices, the same for all methods

export class Scores {
  // The first scores are on the page at once, the others and those of all methods in parts that open.
  constructor(box, data) {
    Object.assign(this, { data, index: -1 });
    this.distributions = new Distributions();
    for (const name of ["first", "further", "every"]) this[name] = box.querySelector(`[data-part="${name}"]`);
    this.keys = Object.keys(data.scores).filter((key) => !data.first.includes(key));
    for (const table of [this.further, this.every]) table.closest("details").addEventListener("toggle", () => this.fill());
    this.further.closest("details").hidden = !this.keys.length;
    this.every.closest("details").hidden = !data.first.length;
    box.querySelector(`[data-part="count"]`).textContent = `${this.keys.length} further ${this.keys.length === 1 ? "score" : "scores"}`;
  }

  // Show a slice, and beside it another one; -1 for none.
  show(index, beside, method) {
    Object.assign(this, { index, beside, method });
    this.first.replaceChildren(this.head(), ...[...COLUMNS, ...this.data.first].map((key) => this.row(key)));
    this.fill();
  }

  // The parts that are open.
  fill() {
    if (this.index < 0) return;
    if (this.further.closest("details").open) this.further.replaceChildren(this.head(), ...this.keys.map((key) => this.row(key)));
    if (this.every.closest("details").open) this.every.replaceChildren(...this.matrix());
  }

  head() {
    const name = this.data.methods[this.method], columns = this.beside < 0 ? ["Score", name] : ["Score", "Kept", "This"];
    return element("tr", {}, ...[...columns, this.beside < 0 ? "Among all test slices" : `${name}, among all test slices`].map((words) => element("th", { scope: "col" }, words)));
  }

  row(key) {
    const { data, index, beside, method } = this, values = data[key] ?? data.scores[key][method];
    const distribution = this.distributions.of(key, method, values);
    const shown = beside < 0 ? [index] : [beside, index];
    const words = beside < 0 ? distribution.rank(values[index]) : difference(values[index], values[beside]);
    const name = element("th", { scope: "row" }, named(key, data));
    if (data.lower.includes(key)) name.append(element("span", { class: "said" }, " (lower is better)"));
    return element("tr", {}, name, ...shown.map((slice) => element("td", { class: "value" }, number(values[slice]))),
      element("td", {}, ...(distribution.sorted.length ? [strip(distribution, values[index], beside < 0 ? null : values[beside])] : []), element("span", { class: "said" }, words)));
  }

  // All scores of the slice, one column per method.
  matrix() {
    const { data, index } = this;
    const head = element("tr", {}, element("th", { scope: "col" }, "Score"), ...data.methods.map((name) => element("th", { scope: "col" }, name)));
    const scores = [...data.first, ...this.keys].map((key) => element("tr", {}, element("th", { scope: "row" }, named(key, data)),
      ...data.scores[key].map((values) => element("td", { class: "value" }, number(values[index])))));
    return [head, ...scores];
  }
}

// What this slice has more or less than the kept one.
function difference(value, kept) {
  if (value === null || kept === null) return "no difference defined";
  if (value === kept) return "equal";
  return `this one ${number(Math.abs(value - kept))} ${value > kept ? "higher" : "lower"}`;
}
