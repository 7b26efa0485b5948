// Score-CAM: channels weighted by the score of the slice masked by each of them (Wang et al. 2020, arXiv 1910.01279).
import { enlarge, softmax, weighted } from "./maps.js";

// The network's input masked by one channel, written to `out`: the channel enlarged to the slice and scaled to 0..1 is the share of
// the slice that is left; the rest is `masked`. A channel of one value masks everything.
export function mask(image, channel, shape, size, masked, out) {
  let low = Infinity, high = -Infinity;
  const shown = enlarge(channel, shape, size);
  for (const value of shown) { low = Math.min(low, value); high = Math.max(high, value); }
  const span = channel.some((value) => value !== channel[0]) ? high - low : 0;
  for (let i = 0; i < image.length; i++) {
    const share = span > 0 ? (shown[i] - low) / span : 0;
    out[i] = image[i] * share + masked * (1 - share);
  }
}

// The signed map: the sum of the channels, weighted by the softmax over their scores.
export function scoreMap(activations, cells, scores) {
  const weights = softmax(scores);
  return weighted(activations, cells, (at) => weights[at / cells]);
}
