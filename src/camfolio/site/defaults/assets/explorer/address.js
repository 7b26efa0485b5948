// The address of the page, which follows the state.
const PAUSE = 250; // milliseconds between two writes: browsers refuse pages that write hundreds of addresses while a slider moves

export class Address {
  // query() gives the query of the state as it is.
  constructor(root, query) {
    Object.assign(this, { root, query, next: 0 });
  }

  // Write it as soon as the pause allows.
  follow() {
    clearTimeout(this.timer);
    const wait = this.next - performance.now();
    if (wait > 0) this.timer = setTimeout(() => this.write(), wait);
    else this.write();
  }

  // Write it now, as a new entry of the history if asked for, which the browser's button Back leaves.
  write(entry = false) {
    clearTimeout(this.timer);
    this.next = performance.now() + PAUSE;
    if (!this.root.isConnected) return; // the theme has swapped in another page
    const text = location.href.split(/[?#]/)[0] + this.query();
    if (entry) history.pushState(null, "", text);
    else history.replaceState(history.state, "", text);
  }
}
