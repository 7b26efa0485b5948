// The controls: their options, their values, and what they show of the state.
import { element, named, number } from "./words.js";

// The value of a control, under its name in the state.
export function given(control) {
  if (control.type === "checkbox") return { [control.name]: control.checked };
  if (control.type === "range" || control.name === "method") return { [control.name]: Number(control.value) };
  return { [control.name]: control.value };
}

// Options that depend on the data, with their counts.
export function fill(form, data) {
  const count = (test) => data.id.filter((_, i) => test(i)).length;
  const option = (value, words) => element("option", { value }, words);
  const options = (keys) => keys.map((key) => option(key, named(key, data)));
  form.label.append(...data.classes.map((name, label) => option(label, `${name} (${count((i) => data.label[i] === label)})`)));
  const right = count((i) => data.label[i] === data.predicted[i]);
  form.outcome.append(option("right", `right (${right})`), option("wrong", `misclassified (${data.id.length - right})`));
  form.method.append(...data.methods.map((name, method) => option(method, name)));
  const further = Object.keys(data.scores).filter((key) => !data.first.includes(key));
  const folded = () => (further.length ? [element("optgroup", { label: "Further scores" }, ...options(further))] : []);
  form.score.append(...options(data.first), ...folded());
  form.sort.append(...options(["probability", "area_share", ...data.first]), ...folded());
}

// Set every control to the state.
export function write(root, state, data) {
  for (const control of root.querySelectorAll("[name]")) {
    if (!(control.name in state)) continue;
    if (control.type === "checkbox") control.checked = state[control.name];
    else if (control.value !== String(state[control.name])) control.value = state[control.name];
  }
  const say = (name, text) => { root.querySelector(`[data-part="${name}"]`).textContent = text; };
  say("confidence", state.confidence.toFixed(2));
  say("threshold", `${Math.round(100 * state.threshold)}\u202f%`);
  const known = (data.scores[state.score]?.[state.method] ?? []).filter((value) => value !== null);
  const [low, high] = known.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);
  say("range", `of ${data.methods[state.method]}: ${known.length ? `${number(low)} to ${number(high)}` : "not defined"}`);
}
