// The explorer: filters, wall and inspector around one state, which is kept in the address.
import { fetched } from "./files.js";
import { Inspector } from "./inspector.js";
import { Pictures } from "./pictures.js";
import { address, chosen, read } from "./state.js";
import { Wall } from "./wall.js";
import { element, named, number } from "./words.js";

// Starts the explorer in its element; its data are the file of the link with this class, whose address the generator writes.
export async function start(root) {
  const file = document.querySelector("a.explorer-data").href;
  const data = await (await fetched(file)).json();
  if (!root.isConnected) return; // the theme has swapped in another page
  const part = (name) => root.querySelector(`[data-part="${name}"]`);
  const pictures = new Pictures(data, file), state = read(location.search, data);
  const form = root.querySelector("form");
  fill(form, data);
  const change = (changes) => { Object.assign(state, changes); show(); };
  const wall = new Wall(part("wall"), data, pictures, (index) => change({ slice: data.id[index] }));
  const inspector = new Inspector(part("inspector"), data, pictures, (method) => change({ method }));

  function show() {
    const order = chosen(state, data), index = data.id.indexOf(state.slice);
    write(part, form, state, data);
    wall.show(order, index, state.method, state.blend);
    inspector.show(index, state);
    part("status").textContent = order.length ? `${order.length} of ${data.id.length} slices.` : "No slice fits these filters. Widen one of them, or reset them.";
    history.replaceState(null, "", location.href.split(/[?#]/)[0] + address(state));
  }

  form.addEventListener("input", (event) => change(given(event.target)));
  form.addEventListener("reset", (event) => { event.preventDefault(); change({ ...read("", data), slice: state.slice }); });
  part("inspector").addEventListener("input", (event) => event.target.name && change(given(event.target)));
  root.addEventListener("keydown", (event) => pressed(event, part, data, change, state));
  part("help").addEventListener("click", () => part("keys").showModal());
  if (data.id.indexOf(state.slice) < 0) state.slice = data.id[chosen(state, data)[0]] ?? "";
  show();
  root.dataset.ready = "yes";
}

// The value of a control, under its name in the state.
function given(control) {
  if (control.type === "checkbox") return { [control.name]: control.checked };
  if (control.type === "range" || control.name === "method") return { [control.name]: Number(control.value) };
  return { [control.name]: control.value };
}

// Options that depend on the data, with their counts.
function fill(form, data) {
  const count = (test) => data.id.filter((_, i) => test(i)).length;
  const option = (value, words) => element("option", { value }, words);
  form.label.append(...data.classes.map((name, label) => option(label, `${name} (${count((i) => data.label[i] === label)})`)));
  const right = count((i) => data.label[i] === data.predicted[i]);
  form.outcome.append(option("right", `right (${right})`), option("wrong", `misclassified (${data.id.length - right})`));
  form.method.append(...data.methods.map((name, method) => option(method, name)));
  const scores = Object.keys(data.scores);
  form.score.append(...scores.map((key) => option(key, named(key, data))));
  form.sort.append(...["probability", "area_share", ...scores].map((key) => option(key, named(key, data))));
}

// Set every control to the state.
function write(part, form, state, data) {
  for (const control of [...form.elements, ...part("inspector").querySelectorAll("[name]")]) {
    if (!(control.name in state)) continue;
    if (control.type === "checkbox") control.checked = state[control.name];
    else if (control.value !== String(state[control.name])) control.value = state[control.name];
  }
  part("confidence").textContent = state.confidence.toFixed(2);
  const known = (data.scores[state.score]?.[state.method] ?? []).filter((value) => value !== null);
  const ends = known.length ? `${number(Math.min(...known))} to ${number(Math.max(...known))}` : "not defined";
  part("range").textContent = `of ${data.methods[state.method]}: ${ends}`;
}

// Keyboard shortcuts; ignored while the focus is in a text field, a select or a dialog.
function pressed(event, part, data, change, state) {
  const typing = event.target.matches("input:not([type=range], [type=checkbox]), select, dialog *");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const method = Number(event.key) - 1;
  if (event.key === " " && !event.target.matches("button, input")) change({ blend: state.blend > 0 ? 0 : 1 });
  else if (event.key === "o") change({ outline: !state.outline });
  else if (event.key === "?") part("keys").showModal();
  else if (event.key >= "1" && data.methods[method]) change({ method });
  else return;
  event.preventDefault();
}
