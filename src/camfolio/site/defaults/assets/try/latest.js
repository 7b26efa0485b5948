// Runs one call at a time; of those that wait, only the latest one gets its turn.
import { Superseded } from "./errors.js";

export class Latest {
  // The result of `start()` when it is its turn; rejects with Superseded if a later call takes its place before.
  run(start) {
    return new Promise((resolve, reject) => {
      this.waiting?.reject(new Superseded());
      this.waiting = { start, resolve, reject };
      if (!this.running) this.next();
    });
  }

  async next() {
    const { start, resolve, reject } = this.waiting;
    Object.assign(this, { waiting: null, running: true });
    try {
      resolve(await start());
    } catch (error) {
      reject(error);
    }
    this.running = false;
    if (this.waiting) this.next();
  }
}
