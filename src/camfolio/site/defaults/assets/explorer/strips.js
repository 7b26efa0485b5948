// One slice among all: a histogram as a strip, the slice as a mark on it, and its rank in words.
import { element, number } from "./words.js";

const BINS = 40, WIDTH = 200, HEIGHT = 26;

export function strip(name, values, index) {
  const known = values.filter((value) => value !== null);
  const row = element("div", { class: "strip" }, element("span", {}, name));
  if (!known.length) row.append(element("span", { class: "said" }, "not defined for any slice"));
  else row.append(picture(known, values[index]), element("span", { class: "said" }, words(known, values[index])));
  return row;
}

function words(known, value) {
  if (value === null) return "not defined for this slice";
  const below = known.filter((other) => other < value).length;
  return `${number(value)}, higher than ${Math.round((100 * below) / known.length)}\u202f% of ${known.length}`;
}

function picture(known, value) {
  let low = Infinity, high = -Infinity;
  for (const score of known) { low = Math.min(low, score); high = Math.max(high, score); }
  const at = (score) => (high > low ? (score - low) / (high - low) : 0.5);
  const counts = new Array(BINS).fill(0);
  for (const score of known) counts[Math.min(BINS - 1, Math.floor(at(score) * BINS))] += 1;
  const top = Math.max(...counts), step = WIDTH / BINS;
  const bars = counts.map((count, bin) => `M${bin * step} ${HEIGHT}v${((-count / top) * (HEIGHT - 4)).toFixed(1)}h${step - 0.6}V${HEIGHT}z`);
  const mark = value === null ? [] : [svg("path", { class: "mark", d: `M${(at(value) * WIDTH).toFixed(1)} 0V${HEIGHT}` })];
  return svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" }, svg("path", { class: "bars", d: bars.join("") }), ...mark);
}

export function svg(tag, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}
