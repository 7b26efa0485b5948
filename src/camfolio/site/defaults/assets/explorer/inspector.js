// One slice: large with its map, small under every method, its scores, and its position in each distribution.
import { strip, svg } from "./strips.js";
import { element, named, number, outcome } from "./words.js";

export class Inspector {
  // onMethod(number) is called when another method is chosen.
  constructor(box, data, pictures, onMethod) {
    Object.assign(this, { data, pictures });
    for (const part of box.querySelectorAll("[data-part]")) this[part.dataset.part] = part;
    const [height, width] = data.size;
    this.large = element("canvas", { width, height, role: "img" });
    this.lines = svg("svg", { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
    this.plate.append(this.large, this.lines);
    this.plate.style.width = `${width * Math.max(1, Math.floor(320 / width))}px`;
    this.buttons = data.methods.map((name, method) => this.button(name, method, onMethod));
    this.side.append(...this.buttons);
    this.box = box;
  }

  button(name, method, onMethod) {
    const [height, width] = this.data.size;
    const made = element("button", { type: "button" }, element("canvas", { width, height, "aria-hidden": "true" }),
      element("span", {}, name), element("span", { class: "said" }));
    made.addEventListener("click", () => onMethod(method));
    return made;
  }

  // Show a slice under a state; -1 for none.
  async show(index, state) {
    this.box.hidden = index < 0;
    if (index < 0) return;
    const { data, pictures } = this;
    this.heading.textContent = data.id[index];
    this.outcome.textContent = `${outcome(data, index)}${data.label[index] === data.predicted[index] ? "" : " (misclassified)"}`;
    this.large.setAttribute("aria-label", `${data.methods[state.method]} over slice ${data.id[index]}: ${outcome(data, index)}`);
    this.buttons.forEach((button, method) => this.update(button, method, index, state));
    this.numbers.replaceChildren(...this.rows(index));
    this.strips.replaceChildren(...this.distributions(index, state.method));
    await Promise.all([pictures.draw(this.large, index, state.method, state.blend), this.draw(index, state.outline)]);
  }

  update(button, method, index, state) {
    button.setAttribute("aria-pressed", method === state.method);
    button.lastElementChild.textContent = number(this.data.scores[state.score]?.[method][index]);
    this.pictures.draw(button.firstElementChild, index, method, state.blend);
  }

  // The mask's outline and the scale bar.
  async draw(index, outline) {
    const [height, width] = this.data.size, [mm, pixels] = this.data.bar[index];
    const bar = svg("path", { class: "bar", d: `M${width - 2 - pixels} ${height - 2}h${pixels}` });
    const path = outline ? await this.pictures.outline(index) : "";
    this.lines.replaceChildren(svg("path", { class: "halo", d: path }), svg("path", { class: "outline", d: path }), bar);
    this.bar.textContent = `The white bar is ${mm} mm.`;
  }

  rows(index) {
    const { data } = this, cell = (text, tag = "td") => element(tag, tag === "th" ? { scope: "row" } : {}, text);
    const head = element("tr", {}, element("td"), ...data.methods.map((name) => element("th", { scope: "col" }, name)));
    const scores = Object.entries(data.scores).map(([key, columns]) =>
      element("tr", {}, cell(named(key, data), "th"), ...columns.map((values) => cell(number(values[index])))));
    return [head, ...scores];
  }

  distributions(index, method) {
    const { data } = this;
    const scores = Object.entries(data.scores).map(([key, columns]) => [key, columns[method]]);
    return [["probability", data.probability], ["area_share", data.area_share], ...scores].map(([key, values]) => strip(named(key, data), values, index));
  }
}
