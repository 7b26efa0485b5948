// Slices and maps as pixels, in the colours of the figures: a ramp whose opacity grows with the map's magnitude.
export class Colours {
  // The manifest has `size`, `window_hu`, and of overlays `ramps` (256 colours each, "#rrggbb"), `opacity` and `gamma`.
  constructor({ size, window_hu, ramps, opacity, gamma }) {
    Object.assign(this, { size, window: window_hu, opacity, gamma });
    const parsed = (ramp) => ramp.map((hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)));
    this.ramps = { positive: parsed(ramps.positive), signed: parsed(ramps.signed) };
  }

  // Draw a slice in HU, with `shares` of a map over it, or without a map if that is null.
  draw(canvas, hounsfield, shares, signed) {
    const [height, width] = this.size, [low, high] = this.window, picture = new ImageData(width, height);
    const ramp = this.ramps[signed ? "signed" : "positive"];
    for (let i = 0; i < hounsfield.length; i++) {
      const grey = 255 * Math.min(1, Math.max(0, (hounsfield[i] - low) / (high - low)));
      const share = shares ? shares[i] : 0, over = this.opacity * Math.abs(share) ** this.gamma;
      const colour = ramp[Math.round(255 * (signed ? (share + 1) / 2 : share))];
      for (let c = 0; c < 3; c++) picture.data[4 * i + c] = (1 - over) * grey + over * colour[c];
      picture.data[4 * i + 3] = 255;
    }
    canvas.getContext("2d").putImageData(picture, 0, 0);
  }

  // Draw the ramp from left to right, as the bar that says what colours stand for.
  bar(canvas, signed) {
    const ramp = this.ramps[signed ? "signed" : "positive"], picture = new ImageData(256, 1);
    ramp.forEach((colour, i) => picture.data.set([...colour, 255], 4 * i));
    Object.assign(canvas, { width: 256, height: 1 });
    canvas.getContext("2d").putImageData(picture, 0, 0);
  }
}

// A map as shares of its own largest magnitude, -1 to 1; null if it is zero everywhere.
export function shares(map) {
  const largest = map.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return largest > 0 ? map.map((value) => value / largest) : null;
}

// A scale bar as in figures: [mm, SVG path], 10 mm or less where that would exceed half of the width.
export function scaleBar(spacing, [height, width]) {
  const mm = [10, 5, 2].find((length) => length / spacing <= width / 2) ?? 1;
  return [mm, `M${width - 2 - mm / spacing} ${height - 2}h${mm / spacing}`];
}
