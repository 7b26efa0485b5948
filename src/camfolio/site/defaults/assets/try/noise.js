// Normal noise from a seed: xoshiro128** (Blackman and Vigna 2018), whose state splitmix32 fills, and the transform of Box and Muller.

// `count` values of mean 0 and standard deviation `sigma`; one seed, an integer, always gives the same.
export function noise(count, sigma, seed) {
  const draw = generator(seed), values = new Float32Array(count);
  for (let i = 0; i < count; i += 2) {
    const radius = sigma * Math.sqrt(-2 * Math.log((draw() + 1) / 2 ** 32)), angle = (2 * Math.PI * draw()) / 2 ** 32;
    values[i] = radius * Math.cos(angle);
    if (i + 1 < count) values[i + 1] = radius * Math.sin(angle);
  }
  return values;
}

// A function that gives integers from 0 to 2^32 - 1.
export function generator(seed) {
  const state = Uint32Array.from(filler(seed));
  return () => {
    const drawn = Math.imul(rotated(Math.imul(state[1], 5), 7), 9) >>> 0, shifted = state[1] << 9;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = rotated(state[3], 11);
    return drawn;
  };
}

const rotated = (value, by) => (value << by) | (value >>> (32 - by));

// The first four values of splitmix32.
function* filler(seed) {
  for (let step = 1; step <= 4; step++) {
    let mixed = (seed + Math.imul(step, 0x9e3779b9)) | 0;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    yield (mixed ^ (mixed >>> 15)) >>> 0;
  }
}
