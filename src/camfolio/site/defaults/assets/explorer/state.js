// The state of the explorer, kept in the address: every state is a link.
const START = {
  label: "", outcome: "", confidence: 0.5, score: "", from: "", to: "", method: 0, sort: "", descending: false,
  colours: false, slice: "", compare: "", blend: 1, threshold: 0, outline: true,
};

// The state in an address; missing or invalid values get their defaults.
export function read(address, data) {
  const given = new URLSearchParams(address);
  const state = { ...START, score: data.first[0] ?? "" };
  for (const [key, start] of Object.entries(START)) if (given.has(key)) state[key] = parsed(given.get(key), start);
  if (!data.methods[state.method]) state.method = START.method;
  const scores = Object.keys(data.scores);
  if (!scores.includes(state.score)) state.score = data.first[0] ?? "";
  if (!["probability", "area_share", ...scores].includes(state.sort)) state.sort = START.sort;
  if (!data.id.includes(state.compare)) state.compare = START.compare;
  for (const key of ["blend", "threshold"]) state[key] = Math.min(1, Math.max(0, state[key]));
  return state;
}

// Text from an address, converted to the type of the default.
function parsed(text, start) {
  if (typeof start === "boolean") return text === "yes";
  if (typeof start === "number") return Number.isFinite(Number(text)) ? Number(text) : start;
  return text;
}

// The address of a state: only what differs from the defaults.
export function address(state) {
  const query = new URLSearchParams();
  for (const [key, start] of Object.entries(START)) {
    const value = typeof start === "boolean" ? (state[key] ? "yes" : "no") : String(state[key]);
    if (state[key] !== start) query.set(key, value);
  }
  const text = query.toString();
  return text ? `?${text}` : "";
}

// Indices of the slices that pass the filters, sorted; slices without a defined value come last in either direction.
export function chosen(state, data) {
  const scores = data.scores[state.score]?.[state.method] ?? [];
  const keep = (i) =>
    (state.label === "" || data.label[i] === Number(state.label)) &&
    (state.outcome === "" || (data.label[i] === data.predicted[i]) === (state.outcome === "right")) &&
    data.probability[i] >= state.confidence &&
    (state.from === "" || (scores[i] !== null && scores[i] >= Number(state.from))) &&
    (state.to === "" || (scores[i] !== null && scores[i] <= Number(state.to)));
  const kept = data.id.map((_, i) => i).filter(keep);
  const values = state.sort && (data[state.sort] ?? data.scores[state.sort]?.[state.method]);
  if (!values) return state.descending ? kept.reverse() : kept;
  const sign = state.descending ? -1 : 1;
  const rank = (i) => (values[i] === null ? Infinity : sign * values[i]);
  return kept.sort((a, b) => (rank(a) === rank(b) ? a - b : rank(a) - rank(b)));
}
