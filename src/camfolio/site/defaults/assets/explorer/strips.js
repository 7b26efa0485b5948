// Distributions of a score over all slices: a histogram as a strip, slices as marks on it, and ranks in words.

const BINS = 40, WIDTH = 200, HEIGHT = 26;

// Every distribution, counted once.
export class Distributions {
  constructor() {
    this.kept = new Map();
  }

  // The distribution of a score's values under a method.
  of(key, method, values) {
    const name = `${key}/${method}`;
    if (!this.kept.has(name)) this.kept.set(name, new Distribution(values));
    return this.kept.get(name);
  }
}

class Distribution {
  // Values may be null, where they are not defined.
  constructor(values) {
    this.sorted = Float64Array.from(values.filter((value) => value !== null)).sort();
    [this.low, this.high] = [this.sorted[0], this.sorted[this.sorted.length - 1]];
    const counts = new Array(BINS).fill(0);
    for (const value of this.sorted) counts[Math.min(BINS - 1, Math.floor(this.share(value) * BINS))] += 1;
    const top = Math.max(...counts), step = WIDTH / BINS;
    this.bars = counts.map((count, bin) => count && `M${bin * step} ${HEIGHT}v${((-count / top) * (HEIGHT - 4)).toFixed(1)}h${step - 0.6}V${HEIGHT}z`).filter(Boolean).join("");
  }

  // Where a value is between the lowest and the highest one, 0 to 1.
  share(value) {
    return this.high > this.low ? (value - this.low) / (this.high - this.low) : 0.5;
  }

  // The rank of a value in words.
  rank(value) {
    const { sorted } = this;
    if (!sorted.length) return "not defined for any slice";
    if (value === null) return "not defined for this slice";
    let [from, to] = [0, sorted.length]; // how many are lower
    while (from < to) {
      const middle = (from + to) >> 1;
      if (sorted[middle] < value) from = middle + 1;
      else to = middle;
    }
    return `higher than ${Math.round((100 * from) / sorted.length)}\u202f% of ${sorted.length}`;
  }
}

// The histogram with a line at a value, and a dashed one at another; null for none.
export function strip(distribution, value, other) {
  const line = (name, at) => svg("path", { class: name, d: `M${(distribution.share(at) * WIDTH).toFixed(1)} 0V${HEIGHT}` });
  const marks = [["mark other", other], ["mark", value]].filter(([, at]) => at !== null).map(([name, at]) => line(name, at));
  return svg("svg", { class: "strip", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" }, svg("path", { class: "bars", d: distribution.bars }), ...marks);
}

export function svg(tag, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}
