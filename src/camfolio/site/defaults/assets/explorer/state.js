// What the explorer shows, as it stands in the address: every state is a link.
const START = {
  label: "", outcome: "", confidence: 0.5, score: "", from: "", to: "", method: 0, sort: "", descending: false,
  slice: "", blend: 1, outline: true,
};

// The state in an address; what is missing or does not fit is as at the start.
export function read(address, data) {
  const given = new URLSearchParams(address);
  const state = { ...START, score: Object.keys(data.scores)[0] ?? "" };
  for (const [key, start] of Object.entries(START)) if (given.has(key)) state[key] = likeStart(given.get(key), start);
  if (!data.methods[state.method]) state.method = START.method;
  if (!(state.score in data.scores)) state.score = Object.keys(data.scores)[0] ?? "";
  return state;
}

// Text from an address with the type that the key has.
function likeStart(text, start) {
  if (typeof start === "boolean") return text === "yes";
  if (typeof start === "number") return Number.isFinite(Number(text)) ? Number(text) : start;
  return text;
}

// The address of a state: only what differs from the start.
export function address(state) {
  const kept = new URLSearchParams();
  for (const [key, start] of Object.entries(START)) {
    const value = typeof start === "boolean" ? (state[key] ? "yes" : "no") : String(state[key]);
    if (state[key] !== start) kept.set(key, value);
  }
  const query = kept.toString();
  return query ? `?${query}` : "";
}

// Positions of the slices that fit, in their order. What is not defined comes last whichever way it goes.
export function chosen(state, data) {
  const energy = data.scores[state.score]?.[state.method] ?? [];
  const keep = (i) =>
    (state.label === "" || data.label[i] === Number(state.label)) &&
    (state.outcome === "" || (data.label[i] === data.predicted[i]) === (state.outcome === "right")) &&
    data.probability[i] >= state.confidence &&
    (state.from === "" || (energy[i] !== null && energy[i] >= Number(state.from))) &&
    (state.to === "" || (energy[i] !== null && energy[i] <= Number(state.to)));
  const found = data.id.map((_, i) => i).filter(keep);
  const values = state.sort && (data[state.sort] ?? data.scores[state.sort]?.[state.method]);
  if (!values) return state.descending ? found.reverse() : found;
  const sign = state.descending ? -1 : 1;
  const rank = (i) => (values[i] === null ? Infinity : sign * values[i]);
  return found.sort((a, b) => (rank(a) === rank(b) ? a - b : rank(a) - rank(b)));
}
