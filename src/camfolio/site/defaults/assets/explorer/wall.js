// The wall: thousands of small pictures, of which only those in view are in the document; one of them is current.
import { element, mark, outcome } from "./words.js";

const GAP = 4, SPARE_ROWS = 2;

export class Wall {
  // onChoose(index) is called when another slice becomes current, onOpen() when one was clicked or Enter pressed.
  constructor(box, data, pictures, onChoose, onOpen) {
    Object.assign(this, { box, data, pictures, onChoose, onOpen, order: [], at: -1, tiles: new Map(), state: {} });
    this.floor = box.firstElementChild;
    this.tile = data.size[1] * Math.max(1, Math.round(64 / data.size[1]));
    box.addEventListener("scroll", () => this.later(), { passive: true });
    box.addEventListener("click", (event) => this.clicked(event));
    box.addEventListener("keydown", (event) => this.pressed(event));
    new ResizeObserver(() => this.fit()).observe(box.parentElement);
    new ResizeObserver(() => this.render()).observe(box);
    this.fit();
  }

  get columns() {
    return Math.max(1, Math.floor((this.box.clientWidth - GAP) / (this.tile + GAP)));
  }

  // As wide as its columns and the scroll bar, so that no strip stays empty beside them.
  fit() {
    const { box, tile } = this, step = tile + GAP, bar = box.offsetWidth - box.clientWidth;
    const columns = Math.max(1, Math.floor((box.parentElement.clientWidth - bar - GAP) / step));
    box.style.width = `${columns * step + GAP + bar}px`;
  }

  // Show these slices under a state; `index` is the current slice, -1 for none.
  show(order, index, state) {
    const reordered = order.length !== this.order.length || order.some((slice, at) => slice !== this.order[at]);
    Object.assign(this, { order, state: { ...state }, at: order.indexOf(index) });
    if (reordered) this.clear();
    this.render();
    if (reordered && this.at >= 0) this.reveal();
  }

  clear() {
    for (const tile of this.tiles.values()) tile.remove();
    this.tiles.clear();
    this.box.scrollTop = 0;
  }

  later() {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.render());
  }

  render() {
    const { columns } = this, step = this.tile + GAP;
    this.floor.style.height = `${Math.ceil(this.order.length / columns) * step + GAP}px`;
    const first = (Math.floor(this.box.scrollTop / step) - SPARE_ROWS) * columns;
    const last = (Math.ceil((this.box.scrollTop + this.box.clientHeight) / step) + SPARE_ROWS) * columns;
    const visible = (at) => (at >= first && at < last) || at === this.at;
    for (const [at, tile] of this.tiles) if (!visible(at)) { tile.remove(); this.tiles.delete(at); }
    for (let at = Math.max(0, first); at < Math.min(last, this.order.length); at++) this.place(at, columns, step);
    if (this.at >= 0) this.place(this.at, columns, step);
    if (this.at >= 0) this.box.setAttribute("aria-activedescendant", `slice-${this.at}`);
    else this.box.removeAttribute("aria-activedescendant");
  }

  // Create the tile at a position if it does not exist, and update it.
  place(at, columns, step) {
    if (!this.tiles.has(at)) this.tiles.set(at, this.make(at));
    const tile = this.tiles.get(at);
    tile.style.transform = `translate(${(at % columns) * step + GAP}px, ${Math.floor(at / columns) * step + GAP}px)`;
    const index = this.order[at], { data, state } = this;
    tile.setAttribute("aria-selected", at === this.at);
    tile.dataset.mark = mark(data.label[index], data.predicted[index], state.colours);
    tile.classList.toggle("coloured", state.colours);
    const kept = data.id[index] === state.compare;
    tile.classList.toggle("kept", kept);
    tile.setAttribute("aria-label", `${data.id[index]}: ${outcome(data, index)}${kept ? ", kept to compare" : ""}`);
    this.pictures.draw(tile.firstElementChild, index, state);
  }

  make(at) {
    const index = this.order[at], { data } = this, [height, width] = data.size;
    const tile = element("div", {
      role: "option", id: `slice-${at}`, "aria-posinset": at + 1, "aria-setsize": this.order.length,
      class: "tile", "data-label": data.label[index],
    }, element("canvas", { width, height, "aria-hidden": "true" }));
    tile.dataset.at = at;
    tile.style.width = `${this.tile}px`;
    tile.style.height = `${(this.tile * height) / width}px`;
    this.floor.append(tile);
    return tile;
  }

  clicked(event) {
    const tile = event.target.closest(".tile");
    if (!tile) return;
    this.choose(Number(tile.dataset.at));
    this.onOpen();
  }

  pressed(event) {
    if (event.key === "Enter" && this.at >= 0) this.onOpen();
    const { columns } = this, page = columns * Math.max(1, Math.floor(this.box.clientHeight / (this.tile + GAP)));
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, PageUp: -page, PageDown: page };
    const by = { Home: -Infinity, End: Infinity }[event.key] ?? step[event.key];
    if (!by || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.step(by);
  }

  // Choose the slice so many places further on.
  step(by) {
    this.choose(this.at < 0 ? 0 : Math.min(Math.max(this.at + by, 0), this.order.length - 1));
  }

  choose(at) {
    if (at < 0 || at >= this.order.length) return;
    this.at = at;
    this.reveal();
    this.render();
    this.onChoose(this.order[at]);
  }

  // Scroll so that the current slice is in view.
  reveal() {
    const step = this.tile + GAP, top = Math.floor(this.at / this.columns) * step;
    const { scrollTop, clientHeight } = this.box;
    if (top < scrollTop) this.box.scrollTop = top;
    else if (top + step + GAP > scrollTop + clientHeight) this.box.scrollTop = top + step + GAP - clientHeight;
  }
}
