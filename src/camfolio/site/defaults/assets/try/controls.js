// The controls of the page: what they say goes to the page, and what the page shows comes back to them.
import { element } from "../explorer/words.js";

const KEYS = { e: "erase", c: "mark", n: "noise", u: "undo", r: "redo", "?": "keys" };
const KINDS = { b: "brush", o: "outline", x: "rub", m: "move" };

export class Controls {
  constructor(page) {
    Object.assign(this, { page, root: page.root, form: page.part("bench") });
    this.actions = {
      previous: () => this.other(-1), next: () => this.other(1), random: () => this.other(null),
      open: () => page.part("file").click(), copy: () => this.copy(), keys: () => page.part("keys").showModal(),
      undo: () => { page.history.undo(); page.show(); }, redo: () => { page.history.redo(); page.show(); },
      reset: () => { while (page.history.undo()); page.show(); },
      erase: () => page.add({ kind: "erase" }), mark: () => this.cue && page.add({ kind: "mark", cue: this.cue }),
      noise: () => page.add({ kind: "noise", deviation: this.within("deviation"), seed: page.history.at + 1 }),
      window: () => this.setWindow(), pick: () => this.pick(),
    };
  }

  // The network whose layers are offered: the first that can run.
  get network() {
    return this.page.manifest.networks.find(({ why_not }) => !why_not);
  }

  get tool() {
    const { form } = this;
    return { kind: form.kind.value, hu: this.within("hu"), diameter: Number(form.diameter.value) };
  }

  get layer() { return Number(this.form.layer.value); }
  get explained() { return this.form.explained.value === "" ? null : Number(this.form.explained.value); }
  get look() { return this.form.look.value; }
  get cue() { return this.form.cue.value; }

  // What of the controls is in the address; "" where it is the default.
  get state() {
    const { mark } = this.page.manifest, { form } = this;
    return { cue: mark ? this.cue : "", layer: this.layer === this.network.focus ? "" : form.layer.value, explained: form.explained.value, look: this.look === "positive" ? "" : this.look };
  }

  // The value of a field for numbers, kept between its limits.
  within(name) {
    const { min, max, value, defaultValue } = this.form[name];
    return Math.min(Number(max), Math.max(Number(min), Math.round(value === "" ? Number(defaultValue) : Number(value))));
  }

  // Options that depend on the study, and what the address asks for.
  fill(given) {
    const { form, page, network: first } = this, { manifest, samples, study } = page;
    const option = (value, words) => element("option", { value }, words);
    form.slice.append(...samples.ids.map((id, n) => option(n, `${id}, ${manifest.classes[samples.labels[n]]}`)));
    form.layer.append(...first.layers.map(({ name }, n) => option(n, name)));
    form.explained.append(...manifest.classes.map((name, k) => option(k, name)));
    form.cue.append(...Object.keys(study.marks).map((cue) => option(cue, cue)));
    if (first.members < 2) form.look.querySelector("[value=disagreement]").remove();
    const set = (select, value, otherwise) => { select.value = [...select.options].some((one) => one.value === value) ? value : otherwise; };
    set(form.layer, given.layer, String(first.focus));
    set(form.explained, given.explained, "");
    set(form.look, given.look, "positive");
    set(form.cue, given.cue, Object.keys(study.marks)[0] ?? "");
    for (const one of this.root.querySelectorAll("[data-for=cues]")) one.hidden = !form.cue.options.length;
    form.layer.closest("label").hidden = first.layers.length < 2;
    this.legend();
  }

  // The bar that says what the colours of maps stand for.
  legend() {
    this.page.colours.bar(this.page.part("ramp"), this.look === "signed");
    for (const one of this.root.querySelectorAll("[data-look]")) one.hidden = one.dataset.look !== this.look;
  }

  // Set the controls to the history of a slice.
  show(history, { index, name }, { mask, window }) {
    const { form, page } = this, outlined = mask.some(Boolean);
    form.slice.value = String(index); // none, for a file
    if (!form.low.matches(":focus") && !form.high.matches(":focus")) [form.low.value, form.high.value] = window;
    page.part("source").textContent = name;
    for (const [action, possible] of Object.entries({ undo: history.at > 0, redo: history.at < history.edits.length, reset: history.at > 0, erase: outlined }))
      this.root.querySelector(`[data-do="${action}"]`).disabled = !possible;
    for (const radio of form.kind) if (radio.value === "move" || radio.value === "rub") radio.disabled = !outlined;
    if (!outlined && ["move", "rub"].includes(form.kind.value)) form.kind.value = "brush";
    form.elements.diameter.nextElementSibling.textContent = `${form.diameter.value} pixel${form.diameter.value === "1" ? "" : "s"}`;
    page.part("full").hidden = !history.full;
    const explorer = document.querySelector("a.try-explorer");
    page.part("explorer").hidden = index === null || !explorer;
    if (explorer) page.part("explorer").firstElementChild.href = `${explorer.href.split(/[?#]/)[0]}?slice=${encodeURIComponent(name)}`;
  }

  // Another test slice: the next, the one before, or, for null, one at random.
  other(step) {
    const { page } = this, count = page.samples.ids.length, at = page.source.index ?? 0;
    this.choose(step === null ? Math.floor(count * Math.random()) : (at + step + count) % count);
  }

  choose(index) {
    this.page.choose(index).catch((error) => this.page.say(error.message));
  }

  setWindow() {
    const low = this.within("low"), high = this.within("high");
    if (low < high) this.page.add({ kind: "window", low, high });
    else this.page.say("Expected a window whose lower end is below its upper end. Correct it.");
  }

  // Paint with the value under the cursor.
  pick() {
    const { page } = this, [row, column] = page.plate.cursor;
    this.form.hu.value = String(Math.round(page.history.now.hounsfield[row * page.study.size[1] + column]));
  }

  async copy() {
    const note = this.page.part("no-link").textContent;
    try {
      await navigator.clipboard.writeText(location.href);
      this.page.say(`The link is copied. ${note}`.trim());
    } catch {
      this.page.say(`The browser does not let this page copy; its address is the link. ${note}`.trim());
    }
  }

  listen() {
    const { root, form, page } = this, file = page.part("file");
    root.addEventListener("click", (event) => this.clicked(event.target.closest("button")));
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", (event) => this.changed(event.target.name));
    file.addEventListener("change", () => { if (file.files[0]) page.openFile(file.files[0]); file.value = ""; });
    root.addEventListener("dragover", (event) => event.preventDefault());
    root.addEventListener("drop", (event) => { event.preventDefault(); if (event.dataTransfer.files[0]) page.openFile(event.dataTransfer.files[0]); });
    root.addEventListener("keydown", (event) => this.pressed(event));
  }

  clicked(button) {
    if (button?.dataset.hu) this.form.hu.value = button.dataset.hu;
    else if (button?.dataset.do) this.actions[button.dataset.do]();
  }

  changed(name) {
    if (name === "slice") this.choose(Number(this.form.slice.value));
    else if (name === "look") { this.legend(); this.page.leave(); this.page.answer(); }
    else if (["layer", "explained", "cue"].includes(name)) this.page.show();
    else if (["kind", "diameter"].includes(name)) { this.page.plate.aim(); this.page.controls.show(this.page.history, this.page.source, this.page.history.now); }
  }

  // Keys of the slice work while it has the focus; undo by Ctrl+Z everywhere but in fields.
  pressed(event) {
    const command = event.ctrlKey || event.metaKey;
    if (command && event.key.toLowerCase() === "z" && !event.target.matches("input[type=number]")) this.actions[event.shiftKey ? "redo" : "undo"]();
    else if (command || event.altKey || event.target !== this.page.part("plate")) return;
    else if (KEYS[event.key]) this.act(KEYS[event.key]);
    else if (KINDS[event.key]) this.take(KINDS[event.key]);
    else if ("[]".includes(event.key)) this.resize(event.key === "]" ? 1 : -1);
    else if (event.key === "p") { this.pick(); this.speak(`Brush: ${this.form.hu.value} HU.`); }
    else return;
    event.preventDefault();
    event.stopPropagation(); // letters are keys of the theme, too
  }

  // A button's action, unless the button is disabled.
  act(action) {
    if (!this.root.querySelector(`[data-do="${action}"]`).disabled) this.actions[action]();
  }

  take(kind) {
    const radio = [...this.form.kind].find((one) => one.value === kind);
    if (radio.disabled) { this.speak("There is no outline: draw one first."); return; }
    radio.checked = true;
    this.changed("kind");
    this.speak(`Tool: ${radio.parentElement.textContent.trim()}.`);
  }

  resize(by) {
    this.form.diameter.value = String(Number(this.form.diameter.value) + by);
    this.changed("diameter");
    this.speak(`Size: ${this.form.diameter.value}.`);
  }

  speak(words) { this.page.part("spoken").textContent = words; }
}
