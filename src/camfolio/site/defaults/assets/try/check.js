// How far a slice is from those the network was trained on: a Mahalanobis distance of mean activations (Lee et al. 2018).

// The numbers of the measure from its file: for each member the means of the classes, then a whitening matrix, row by row.
export function measure(bytes, { features, groups }, members) {
  const numbers = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4), size = (groups + features) * features;
  return Array.from({ length: members }, (_, m) => {
    const own = numbers.subarray(m * size, (m + 1) * size), end = groups * features;
    return { means: Array.from({ length: groups }, (_, k) => own.subarray(k * features, (k + 1) * features)), whitening: own.subarray(end) };
  });
}

// Distance, threshold, and whether the slice is far; `activations` are those of every member at the layer in focus.
export function distance(activations, measured, { threshold }) {
  const squared = activations.map((values, m) => nearest(means(values, measured[m].means[0].length), measured[m]));
  const found = Math.sqrt(squared.reduce((a, b) => a + b) / squared.length);
  return { distance: found, threshold, far: found > threshold };
}

// The mean of every channel over all cells.
function means(activations, channels) {
  const cells = activations.length / channels;
  return Float64Array.from({ length: channels }, (_, k) => activations.subarray(k * cells, (k + 1) * cells).reduce((a, b) => a + b) / cells);
}

// The squared distance from the nearest class, per channel.
function nearest(features, { means: classes, whitening }) {
  const size = features.length;
  return Math.min(...classes.map((mean) => {
    let total = 0;
    for (let row = 0; row < size; row++) {
      let value = 0;
      for (let k = 0; k < size; k++) value += whitening[row * size + k] * (features[k] - mean[k]);
      total += value * value;
    }
    return total / size;
  }));
}
