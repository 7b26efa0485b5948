// On a phone: the inspector as a dialog over the wall, closed by its button, Escape and the browser's button Back.
const NARROW = "(max-width: 700px), (max-width: 960px) and (max-height: 500px)";
const SWIPE = 40; // pixels

export class Sheet {
  // `inspected` moves between its place beside the wall and the dialog; onClose() is called after the dialog is closed.
  constructor(root, inspected, address, acts, onClose) {
    Object.assign(this, { root, inspected, address, onClose, entry: false });
    this.dialog = root.querySelector(".sheet");
    this.cards = inspected.querySelector(".cards");
    this.home = inspected.parentElement;
    this.narrow = matchMedia(NARROW);
    this.narrow.addEventListener("change", () => { this.place(); address.follow(); });
    this.dialog.addEventListener("close", () => this.closed());
    swiped(this.cards, acts);
    this.place();
  }

  // Whether the current slice is not on the screen, and so no part of the address.
  get hidesSlice() {
    return this.narrow.matches && !this.dialog.open;
  }

  // Beside the wall, the wall itself tells screen readers which slice is current; over it, the slice has to.
  place() {
    this.cards.setAttribute("aria-live", this.narrow.matches ? "polite" : "off");
    if (this.narrow.matches) this.dialog.append(this.inspected);
    else {
      this.dialog.close();
      this.home.append(this.inspected);
    }
  }

  // Show the dialog, in an entry of its own in the history unless it was an address that opened it.
  open(entry = true) {
    if (!this.hidesSlice) return;
    this.address.write();
    this.dialog.showModal();
    this.entry = entry;
    this.address.write(entry);
  }

  close() {
    if (this.dialog.open) this.dialog.close();
  }

  closed() {
    if (this.entry) history.back(); // to the entry without a slice; `travelled` follows
    else this.address.write();
    this.entry = false;
    this.onClose();
  }

  // After Back or Forward: the dialog is open if the address has a slice. change(slice) shows a slice.
  travelled(change) {
    if (!this.root.isConnected || !this.narrow.matches) return;
    const slice = new URLSearchParams(location.search).get("slice");
    if (slice && !this.dialog.open) {
      change(slice);
      this.open(false);
      this.entry = true;
    } else if (!slice) {
      this.entry = false;
      if (this.dialog.open) this.dialog.close();
      else this.address.write();
    }
  }
}

// A swipe to the left shows the next slice, one to the right the previous one; a tap or click switches the map.
function swiped(box, acts) {
  let from = null;
  box.addEventListener("pointerdown", (event) => { from = event.isPrimary && event.pointerType !== "mouse" ? event : null; });
  box.addEventListener("pointercancel", () => { from = null; });
  box.addEventListener("pointerup", (event) => {
    const by = from ? event.clientX - from.clientX : 0;
    if (Math.abs(by) > SWIPE && Math.abs(by) > 2 * Math.abs(event.clientY - from.clientY)) acts[by < 0 ? "next" : "previous"]();
    from = null;
  });
  box.addEventListener("click", (event) => event.target.closest(".pixels") && acts.map());
}
