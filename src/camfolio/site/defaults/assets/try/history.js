// The edits of a slice, one after the other, with undo and redo; the pictures on the way are kept, so that undo is immediate.
import { applied } from "./edits.js";

const LIMIT = 400; // edits of one slice; a stroke is one

export class History {
  constructor(start, study) {
    Object.assign(this, { study, edits: [], pictures: [start], at: 0, draft: null, drawn: null });
  }

  // The picture before any edit, and the one that is shown, with a stroke that is not finished.
  get start() { return this.pictures[0]; }
  get kept() { return this.pictures[this.at]; }
  get now() { return this.drawn ?? this.kept; }
  // The edits that are not undone.
  get done() { return this.edits.slice(0, this.at); }
  get full() { return this.at >= LIMIT; }

  // Show an edit that goes on; null for none.
  sketch(edit) {
    this.drawn = edit && applied(this.kept, edit, this.study);
    this.draft = edit;
  }

  // Add an edit; what was undone is gone.
  add(edit) {
    this.sketch(null);
    if (this.full) return;
    const after = applied(this.kept, edit, this.study);
    this.edits.splice(this.at, Infinity, edit);
    this.pictures.splice(this.at + 1, Infinity, after);
    this.at += 1;
  }

  // An edit instead of the last one, as one movement that goes on.
  replace(edit) {
    this.undo();
    this.add(edit);
  }

  // Whether there was something to undo, or to do again.
  undo() { return this.step(-1); }
  redo() { return this.step(1); }

  step(by) {
    this.sketch(null);
    const there = this.at + by;
    if (there < 0 || there > this.edits.length) return false;
    this.at = there;
    return true;
  }
}
