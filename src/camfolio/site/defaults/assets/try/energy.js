// Energy inside the outline: the share of a map that lies on the mask (energy-based pointing game, Wang et al. 2020).

// sum(map inside the mask) / sum(map), 0 to 1, of a map >= 0 (`positive` of the engine). Null where it is not defined: without a
// mask, with one of the whole slice, where every map would score perfectly, and for a map without a positive value.
export function energyInside(positive, mask) {
  let inside = 0, total = 0, covered = 0;
  for (let i = 0; i < positive.length; i++) {
    total += positive[i];
    if (mask[i]) { inside += positive[i]; covered += 1; }
  }
  return covered > 0 && covered < positive.length && total > 0 ? inside / total : null;
}
