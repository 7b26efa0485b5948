// Says what an edit changed, once it is made; nothing while a stroke goes on, and nothing twice.
import { changed, probabilities } from "./words.js";

export class Teller {
  // `described(edit)` is what an edit does, in words.
  constructor(classes, described) {
    Object.assign(this, { classes, described, said: null });
  }

  // What is to be said now, or "" if it was said; readings has network -> { before, now }.
  changes(networks, readings, { start, edited }, history) {
    const of = (which) => networks.map(({ name }) => readings[name][which].result.probability), titles = networks.map(({ title }) => title);
    const { said } = this, now = of("now"), state = { start, titles: titles.join(), edit: history.done.at(-1) ?? null, at: history.at, now };
    this.said = state;
    const same = said && said.start === start && said.titles === state.titles;
    if (same && said.edit === state.edit && said.at === state.at) return "";
    if (!edited) return `${probabilities(this.classes, titles, now)}${same ? " No edits." : ""}`;
    if (!same) return changed(this.classes, titles, of("before"), now, "all edits");
    return changed(this.classes, titles, said.now, now, said.at > state.at ? "undoing" : this.described(state.edit));
  }
}
