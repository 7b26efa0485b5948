// What the network receives: HU clipped to its window, whose ends become 0 and 1, as network/architecture.py does in single precision.
import { EngineError } from "./errors.js";

// The network's input for a slice of the manifest's size, row by row, HU.
export function networkInput(hounsfield, manifest) {
  const [height, width] = manifest.size, [low, high] = manifest.window_hu;
  if (hounsfield.length !== height * width)
    throw new EngineError(`Expected a slice of ${height} × ${width} pixels, but got ${hounsfield.length} values. Crop it to the network's field.`);
  const odd = hounsfield.findIndex((value) => !Number.isFinite(value));
  if (odd >= 0) throw new EngineError(`Expected finite values, but pixel ${odd} is ${hounsfield[odd]}. Choose another slice or undo.`);
  const span = Math.fround(high - low);
  return hounsfield.map((value) => Math.fround(Math.min(Math.max(value, low), high) - low) / span);
}
