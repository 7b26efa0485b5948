// Sentences of the page: answers, edits and what they changed; for the eye and for screen readers the same.
export const two = (value) => value.toFixed(2);
export const hu = (value) => `${String(Math.round(value)).replace("-", "−")} HU`;

const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;
const shift = ({ rows, columns }) => [
  ...(rows ? [`${plural(Math.abs(rows), "pixel")} ${rows < 0 ? "up" : "down"}`] : []),
  ...(columns ? [`${plural(Math.abs(columns), "pixel")} to the ${columns < 0 ? "left" : "right"}`] : []),
].join(" and ") || "nothing";

// What an edit does, for the list of edits and after "after".
export function edited(edit, marks) {
  return {
    brush: () => `painting ${plural(edit.pixels.length, "pixel")} with ${hu(edit.hu)}`,
    outline: () => `${edit.inside ? "adding" : "removing"} ${plural(edit.pixels.length, "pixel")} ${edit.inside ? "to" : "from"} the outline`,
    erase: () => "erasing the nodule",
    move: () => `moving the nodule by ${shift(edit)}`,
    mark: () => `adding the ${edit.cue}, ${marks[edit.cue].title}`,
    noise: () => `adding noise of ${edit.deviation} HU`,
    window: () => `changing the window to ${hu(edit.low)} to ${hu(edit.high)}`,
  }[edit.kind]();
}

// The class with the largest probability, and "malignant, p = 0.83".
export const answered = (probability) => Array.from(probability).indexOf(Math.max(...probability));
export const answer = (classes, probability) => `${classes[answered(probability)]}, p = ${two(Math.max(...probability))}`;

// "Probability of malignant 0.83 → 0.41 after erasing the nodule.", of one network or of several, each with its title.
export function changed(classes, networks, before, after, cause) {
  return `${subject(classes, networks, (n, k) => `${two(before[n][k])} → ${two(after[n][k])}`)} after ${cause}.`;
}

// "Probability of malignant 0.83.", of one network or several.
export const probabilities = (classes, networks, now) => `${subject(classes, networks, (n, k) => two(now[n][k]))}.`;

function subject(classes, networks, value) {
  const last = classes.length - 1, named = networks.map((title, n) => `network ${title}: ${value(n, last)}`);
  return networks.length > 1 ? `Probability of ${classes[last]}, ${named.join("; ")}` : `Probability of ${classes[last]} ${value(0, last)}`;
}

// "malignant 0.84, was benign 0.99", for the line that stays in view on a phone.
export function glance(classes, { before, now }, edited) {
  const short = ({ result: { probability } }) => `${classes[answered(probability)]} ${two(Math.max(...probability))}`;
  return edited ? `${short(now)}, was ${short(before)}` : short(now);
}

export const energy = (share) => (share === null ? "not defined" : two(share));
