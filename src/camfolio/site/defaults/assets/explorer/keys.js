// Keyboard shortcuts; ignored while the focus is in a text field, a select or the list of keys. The theme has f, n, p, s, "," and ".".
const KEYS = { o: "outline", w: "colours", c: "compare", j: "next", k: "previous", "?": "help" };
const STEPS = { ArrowLeft: "previous", ArrowRight: "next" }; // in the dialog; the wall has its own

// acts are what can be done, by name.
export function pressed(event, acts) {
  const { target, key } = event;
  if (target.matches("input:not([type=range], [type=checkbox]), select, .keys *") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (key in KEYS) acts[KEYS[key]]();
  else if (key === " " && !target.matches("button, input, summary")) acts.map();
  else if ("+=-".includes(key)) acts.threshold(key === "-" ? -0.05 : 0.05);
  else if (key >= "1" && key <= "9") acts.method(Number(key) - 1);
  else if (key in STEPS && target.closest(".sheet") && !target.closest("input, .scores")) acts[STEPS[key]]();
  else return;
  event.preventDefault();
}
