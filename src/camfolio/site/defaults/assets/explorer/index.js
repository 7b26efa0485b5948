// The explorer: filters, wall and inspector around one state, which is kept in the address.
import { Address } from "./address.js";
import { fill, given, write } from "./controls.js";
import { fetched } from "./files.js";
import { Inspector } from "./inspector.js";
import { pressed } from "./keys.js";
import { Pictures } from "./pictures.js";
import { Sheet } from "./sheet.js";
import { address, chosen, read } from "./state.js";
import { Wall } from "./wall.js";
import { legend } from "./words.js";

// Starts the explorer in its element; its data are the file of the link with this class, whose address the generator writes.
export async function start(root) {
  const file = document.querySelector("a.explorer-data").href;
  const data = await (await fetched(file)).json();
  if (!root.isConnected) return; // the theme has swapped in another page
  const part = (name) => root.querySelector(`[data-part="${name}"]`);
  const pictures = new Pictures(data, file), state = read(location.search, data), asked = state.slice;
  const form = root.querySelector("form"), inspected = part("inspector");
  fill(form, data);
  const change = (changes) => { Object.assign(state, changes); show(); };
  const wall = new Wall(part("wall"), data, pictures, (index) => change({ slice: data.id[index] }), () => sheet.open());
  const acts = {
    previous: () => wall.step(-1),
    next: () => wall.step(1),
    close: () => sheet.close(),
    compare: () => change({ compare: state.compare ? "" : state.slice }),
    map: () => change({ blend: state.blend > 0 ? 0 : 1 }),
    outline: () => change({ outline: !state.outline }),
    colours: () => change({ colours: !state.colours }),
    help: () => part("keys").showModal(),
    method: (method) => data.methods[method] && change({ method }),
    threshold: (by) => change({ threshold: Math.min(1, Math.max(0, Math.round(20 * (state.threshold + by)) / 20)) }),
  };
  const inspector = new Inspector(inspected, data, pictures, acts);
  const shown = new Address(root, () => address(sheet.hidesSlice ? { ...state, slice: "" } : state));
  const sheet = new Sheet(root, inspected, shown, acts, () => wall.box.focus({ preventScroll: true }));

  function show() {
    const order = chosen(state, data), index = data.id.indexOf(state.slice);
    write(root, state, data);
    wall.show(order, index, state);
    inspector.show(index, state, order);
    part("status").textContent = order.length ? `${order.length} of ${data.id.length} slices.` : "No slice fits these filters. Widen one of them, or reset them.";
    part("legend").replaceChildren(...legend(data, order, state.colours));
    shown.follow();
  }

  root.addEventListener("input", (event) => event.target.name && change(given(event.target)));
  form.addEventListener("reset", (event) => { event.preventDefault(); change({ ...read("", data), slice: state.slice }); });
  root.addEventListener("keydown", (event) => pressed(event, acts));
  part("help").addEventListener("click", acts.help);
  addEventListener("popstate", () => sheet.travelled((slice) => data.id.includes(slice) && change({ slice })));
  if (data.id.indexOf(asked) < 0) state.slice = data.id[chosen(state, data)[0]] ?? "";
  show();
  if (asked && state.slice === asked) sheet.open(false);
  root.dataset.ready = "yes";
}
