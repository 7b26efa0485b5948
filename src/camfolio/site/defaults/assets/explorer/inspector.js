// One slice, or two beside each other: large with their maps, small under every method, their scores and where they are in each distribution.
import { Card } from "./card.js";
import { Scores } from "./scores.js";
import { element, number } from "./words.js";

export class Inspector {
  // acts are what can be done, by name; buttons name theirs. What else leads on from a slice belongs into `actions`.
  constructor(box, data, pictures, acts) {
    Object.assign(this, { box, data, pictures });
    for (const part of box.querySelectorAll("[data-part]")) this[part.dataset.part] = part;
    this.card = new Card(data, pictures, false);
    this.keptCard = new Card(data, pictures, true);
    this.cards.append(this.keptCard.box, this.card.box);
    this.table = new Scores(box, data);
    this.buttons = data.methods.map((name, method) => this.button(name, method, acts));
    this.side.append(...this.buttons);
    for (const button of box.querySelectorAll("[data-act]")) button.addEventListener("click", () => acts[button.dataset.act]());
  }

  button(name, method, acts) {
    const [height, width] = this.data.size;
    const made = element("button", { type: "button" }, element("canvas", { width, height, "aria-hidden": "true" }),
      element("span", {}, name), element("span", { class: "said" }));
    made.addEventListener("click", () => acts.method(method));
    return made;
  }

  // Show a slice under a state, beside the kept one if there is one; -1 for none.
  async show(index, state, order) {
    this.box.hidden = index < 0;
    if (index < 0) return;
    const kept = this.data.id.indexOf(state.compare), beside = kept === index ? -1 : kept;
    this.box.classList.toggle("comparing", beside >= 0);
    this.compare.classList.toggle("on", kept >= 0);
    this.compare.textContent = kept >= 0 ? "Stop comparing" : "Compare";
    this.hint.textContent = kept >= 0 && beside < 0 ? "Kept. Choose another slice, and it stands beside this one." : "";
    const at = order.indexOf(index);
    this.position.textContent = at < 0 ? "not among the filtered" : `${at + 1} of ${order.length}`;
    this.buttons.forEach((button, method) => this.update(button, method, index, state));
    this.table.show(index, beside, state.method);
    const page = document.querySelector("a.explorer-try"); // a study, or a file that is sent, may have none
    if (this.try) this.try.hidden = !page;
    if (this.try && page) this.try.href = `${page.href}?slice=${encodeURIComponent(this.data.id[index])}`;
    await Promise.all([this.card.show(index, state), this.keptCard.show(beside, state)]);
  }

  update(button, method, index, state) {
    button.setAttribute("aria-pressed", method === state.method);
    button.lastElementChild.textContent = number(this.data.scores[state.score]?.[method][index]);
    this.pictures.draw(button.firstElementChild, index, { ...state, method });
  }
}
