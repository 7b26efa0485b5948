// Keeps answers and maps up to date with the slice: one computation at a time, the newest picture next, Score-CAM when the reader pauses.
import { seen } from "./edits.js";

const PAUSE = 400; // ms without an edit before what takes long is computed

export class Live {
  // `wanted()` gives { start, now, edited, networks, layer, explained, busy }: pictures before and after the edits, the networks shown,
  // and whether a stroke goes on; on.shown(readings) has network -> { before, now };
  // on.settled(yes) is called when something is to be computed, and when nothing is any more; on.progress(network, column, key, share); on.failed(error).
  constructor(engine, manifest, wanted, on) {
    Object.assign(this, { engine, manifest, wanted, on, kept: new Map(), running: false, again: false });
    this.slow = manifest.methods.filter(({ key }) => key === "score_cam").map(({ key }) => key);
  }

  // The slice or what is asked of it has changed.
  async refresh() {
    this.again = true;
    this.on.settled(false);
    this.stop();
    if (this.running) return;
    this.running = true;
    try {
      while (this.again && !this.closed) {
        this.again = false;
        await this.once();
      }
      this.later();
    } catch (error) {
      this.on.failed(error);
    } finally {
      this.running = false;
    }
  }

  async once() {
    const wanted = this.wanted(), readings = {};
    for (const network of wanted.networks) {
      const before = await this.before(network, wanted);
      readings[network] = { before, now: wanted.edited ? await this.read(network, wanted.now, wanted) : before };
      if (this.closed) return;
    }
    if (this.wanted().start !== wanted.start) return; // another slice was chosen meanwhile
    this.readings = readings;
    this.on.shown(readings, wanted);
  }

  // The reading of the picture before any edit, kept while slice, layer and class stay the same.
  async before(network, wanted) {
    const asked = `${wanted.layer}/${wanted.explained}`, kept = this.kept.get(network);
    if (kept?.picture === wanted.start && kept.asked === asked) return kept.reading;
    const reading = await this.read(network, wanted.start, wanted);
    this.kept.set(network, { picture: wanted.start, asked, reading });
    return reading;
  }

  async read(network, picture, { layer, explained }) {
    const received = seen(picture, this.manifest.window_hu);
    const result = await this.engine.explain(network, received, { layer, explained });
    const maps = Object.fromEntries(Object.entries(result.maps).map(([key, map]) => [key, { ...map, disagreement: result.disagreement?.[key] ?? null }]));
    return { seen: received, mask: picture.mask, result, maps, layer };
  }

  // Compute what takes long, after a pause.
  later() {
    if (!this.slow.length) this.on.settled(true);
    else if (!this.closed) this.timer = setTimeout(() => this.rest(), PAUSE);
  }

  stop() {
    clearTimeout(this.timer);
    this.abort?.abort();
  }

  async rest() {
    if (this.wanted().busy || this.running || this.closed) return;
    const abort = (this.abort = new AbortController()), { readings } = this;
    try {
      for (const [network, { before, now }] of Object.entries(readings))
        for (const [column, reading] of before === now ? [["now", now]] : [["before", before], ["now", now]])
          for (const key of this.slow) if (!reading.maps[key]) await this.slowly(network, column, reading, key, abort.signal);
      if (abort.signal.aborted) return;
      this.on.shown(readings, this.wanted());
      this.on.settled(true);
    } catch (error) {
      if (!abort.signal.aborted) this.on.failed(error);
    }
  }

  async slowly(network, column, reading, key, signal) {
    const progress = (share) => signal.aborted || this.on.progress(network, column, key, share);
    try {
      const map = await this.engine.scoreCam(network, reading.seen, { layer: reading.layer, explained: reading.result.explained, progress, signal });
      if (signal.aborted) throw new Error("The slice has changed.");
      reading.maps[key] = { ...map, disagreement: map.disagreement ?? null };
    } finally {
      this.on.progress(network, column, key, null);
    }
  }

  close() {
    this.closed = true;
    this.stop();
    this.engine.close();
  }
}
