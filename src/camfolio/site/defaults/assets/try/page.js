// The page "Try it" once it runs: one slice with its edits, the networks' answers to it, and the address that holds all of it.
import { element } from "../explorer/words.js";
import { Colours } from "./colours.js";
import { Controls } from "./controls.js";
import { Crop } from "./crop.js";
import { seen, untouched } from "./edits.js";
import { readPicture } from "./files.js";
import { History } from "./history.js";
import { LONGEST, fragment, parts, readEdits, written } from "./link.js";
import { Live } from "./live.js";
import { NetworkPanel } from "./panel.js";
import { Plate } from "./plate.js";
import { Samples } from "./samples.js";
import { Teller } from "./teller.js";
import { edited, glance, hu } from "./words.js";

export class Page {
  constructor(root, engine, samples, runtime) {
    const { manifest } = engine;
    Object.assign(this, { root, manifest, samples, runtime, source: null, panels: {}, stored: {}, notice: "" });
    this.study = { size: manifest.size, marks: manifest.mark ?? {} };
    this.colours = new Colours(manifest);
    this.crop = new Crop(this.part("crop"), manifest, this.colours);
    this.teller = new Teller(manifest.classes, (edit) => this.described(edit));
    this.controls = new Controls(this);
    this.plate = new Plate(this.part("plate"), this.colours, manifest.size, () => this.controls.tool, {
      draft: (edit) => this.draft(edit), finish: () => this.finish(), cancel: () => this.draft(null),
      point: (...where) => this.point(...where), pick: () => this.controls.pick(), step: (...by) => this.step(...by),
    });
    this.live = new Live(engine, manifest, () => this.wanted(), {
      shown: (readings, wanted) => { this.latest = { readings, wanted }; this.answer(); },
      progress: (network, ...how) => this.panels[network]?.progress(...how),
      settled: (yes) => { root.dataset.settled = yes ? "yes" : "no"; },
      failed: (error) => this.say(error.message),
    });
  }

  part(name) { return this.root.querySelector(`[data-part="${name}"]`); }
  say(words) { this.part("status").textContent = words; }
  described(edit) { return edited(edit, this.study.marks); }

  // The page with the state that the address holds; until the slice is there, nothing of the document is changed.
  static async open(root, engine, address, runtime) {
    const samples = new Samples(engine.manifest, address), given = parts(location), asked = given.slice ?? root.dataset.slice;
    const found = samples.ids.indexOf(asked), index = Math.max(0, found);
    await samples.slice(index);
    const page = new Page(root, engine, samples, runtime);
    page.controls.fill(given);
    await page.choose(index, given.edits);
    if (given.slice && found < 0) page.notice = `Expected the name of a test slice in the address, but got “${given.slice}”. The first one is shown.`;
    page.controls.listen();
    page.part("bench").hidden = false;
    page.plate.fit();
    page.part("plate").focus({ preventScroll: true });
    page.part("status").scrollIntoView();
    return page;
  }

  // The networks on the page: all, or for a study about cues the clean one and that of the chosen cue.
  get networks() {
    const { marks } = this.study, { cue } = this.controls;
    return this.manifest.networks.filter(({ name, why_not }) => !why_not && (name === cue || !Object.hasOwn(marks, name)));
  }

  // What live.js computes.
  wanted() {
    const { history, controls } = this;
    return {
      start: history.start, now: history.now, edited: history.at > 0 || history.draft !== null, busy: history.draft !== null,
      networks: this.networks.map(({ name }) => name), layer: controls.layer, explained: controls.explained,
    };
  }

  // Begin with a test slice, and with the edits of a link.
  async choose(index, text = "") {
    const asked = (this.asked = {}), slice = await this.samples.slice(index);
    if (asked !== this.asked) return; // another one was chosen meanwhile
    this.begin({ ...slice, index, name: this.samples.ids[index] });
    try {
      for (const edit of readEdits(text, this.study)) this.history.add(edit);
    } catch (error) {
      this.notice = `${error.message} The slice is shown without them.`;
    }
    this.show();
  }

  // Begin with a file of the reader; anything in it that does not fit is a sentence.
  async openFile(file) {
    if (this.crop.dialog.open) return; // a file that is dropped while another one is asked about
    const asked = (this.asked = {});
    try {
      this.say(`Reading ${file.name}.`);
      const picture = await readPicture(file, this.runtime), chosen = asked === this.asked && (await this.crop.choose(picture));
      if (chosen) this.begin({ ...chosen, mask: new Uint8Array(chosen.hounsfield.length), index: null, name: file.name });
      this.say(chosen ? "" : `${file.name} was not used.`);
      if (chosen) this.show();
    } catch (error) {
      this.say(error.message);
    }
  }

  begin(source) {
    this.source = source;
    this.stored = {};
    this.history = new History(untouched(source.hounsfield, source.mask, this.manifest.window_hu), this.study);
  }

  // Show the slice at once, and ask for its answer.
  show() {
    const { history, source } = this, now = history.now;
    this.plate.show(seen(now, this.manifest.window_hu), now.mask, source.spacing);
    this.controls.show(history, source, now);
    this.part("edits").replaceChildren(...history.done.map((edit) => element("li", {}, this.described(edit))));
    if (!history.draft) this.leave();
    this.live.refresh();
  }

  // Write the state into the address; an opened file cannot be in it.
  leave() {
    const { history, source, controls } = this, file = source.index === null, edits = written(history.done);
    const state = { ...(file ? {} : { slice: source.name, edits }), ...controls.state };
    const whole = fragment(state), text = whole ?? fragment({ ...state, edits: "" });
    window.history.replaceState(null, "", location.href.split(/[?#]/)[0] + text);
    this.part("no-link").textContent = file ? "The file stays on this machine, and is not in the link." : whole === null ? `The link leaves the edits out: they need more than its ${LONGEST} characters.` : "";
  }

  // Show answers and maps of all networks, and say what changed.
  answer() {
    const { readings, wanted } = this.latest, networks = this.networks.filter(({ name }) => readings[name]);
    if (wanted.start !== this.history.start) return; // another slice was chosen meanwhile
    const panels = networks.map((network) => (this.panels[network.name] ??= new NetworkPanel(network, this.manifest, this.colours, this.manifest.networks.length > 1)));
    const place = this.part("answers");
    if (panels.length !== place.children.length || panels.some(({ box }, n) => box !== place.children[n])) place.replaceChildren(...panels.map(({ box }) => box));
    panels.forEach((panel, n) => panel.show({ ...readings[networks[n].name], stored: this.storedOf(networks[n].name), edited: wanted.edited, look: this.controls.look }));
    this.part("glance").replaceChildren(...networks.map(({ name }) =>
      element("span", {}, `${networks.length > 1 ? `${name}: ` : ""}${glance(this.manifest.classes, readings[name], wanted.edited)}`)));
    const said = !wanted.busy && this.teller.changes(networks, readings, wanted, this.history);
    if (said) this.say(`${this.notice} ${said}`.trim());
    if (said) this.notice = "";
    this.root.dataset.answers = String(Number(this.root.dataset.answers ?? 0) + 1);
  }

  // The maps stored for the slice, or null until they are there or if there are none.
  storedOf(network) {
    const { source } = this;
    if (source.index !== null && !(network in this.stored)) {
      this.stored[network] = null;
      this.samples.maps(source.index, network).then((maps) => {
        if (source !== this.source || !Object.keys(maps).length) return;
        this.stored[network] = { maps, explained: this.samples.explained(source.index, network) };
        this.answer();
      }, (error) => this.say(error.message));
    }
    return this.stored[network] ?? null;
  }

  // The value under pointer or cursor; spoken only where the keyboard moves it.
  point(row, column, how) {
    const words = `Row ${row + 1}, column ${column + 1}: ${hu(this.history.now.hounsfield[row * this.study.size[1] + column])}`;
    this.part("pixel").textContent = words;
    if (how === "keys") this.part("spoken").textContent = words;
  }

  // A stroke that goes on, or null if it was given up.
  draft(edit) {
    this.attempt(() => this.history.sketch(edit));
  }

  finish() {
    const { draft } = this.history, idle = !draft || (draft.kind === "move" && !draft.rows && !draft.columns);
    this.attempt(() => { if (idle) this.history.sketch(null); else this.history.add(draft); });
  }

  add(edit) {
    this.attempt(() => this.history.add(edit));
  }

  // An arrow key moves the nodule by a pixel; several in a row are one edit.
  step(rows, columns) {
    const last = this.history.done.at(-1);
    if (last?.kind !== "move") this.add({ kind: "move", rows, columns });
    else this.attempt(() => this.history.replace({ kind: "move", rows: last.rows + rows, columns: last.columns + columns }));
  }

  // Make an edit, or say why it cannot be made.
  attempt(edit) {
    try {
      edit();
    } catch (error) {
      this.history.sketch(null);
      this.say(error.message);
    }
    this.show();
  }
}
