// Answers that are computed here, by networks whose weights are in the page: as the kit computes them, in JavaScript.

const side = 28;
const model = JSON.parse(document.getElementById('model').textContent);
const weights = (() => {
  const text = atob(document.getElementById('weights').textContent.trim());
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index);
  return new Float32Array(bytes.buffer);
})();

/** A layer's output of its input, both [row][column][channel]. */
const layers = {
  /** Kernels [row][column][channel][filter]; a dense layer is one of a single pixel. */
  convolution({ input: [rows, columns, channels], output: [outputRows, outputColumns, filters], ...layer }, values) {
    const output = new Float32Array(outputRows * outputColumns * filters);
    const sums = new Float32Array(filters);
    const bias = weights.subarray(layer.bias, layer.bias + filters);
    for (let row = 0, place = 0; row < outputRows; row++)
      for (let column = 0; column < outputColumns; column++, place += filters) {
        sums.set(bias);
        for (let i = 0; i < layer.rows; i++) {
          const y = row * layer.stride + i - layer.top;
          if (y < 0 || y >= rows) continue;
          for (let j = 0; j < layer.columns; j++) {
            const x = column * layer.stride + j - layer.left;
            if (x < 0 || x >= columns) continue;
            const from = (y * columns + x) * channels;
            let weight = layer.weight + (i * layer.columns + j) * channels * filters;
            for (let channel = 0; channel < channels; channel++, weight += filters) {
              const value = values[from + channel];
              if (value === 0) continue;
              for (let filter = 0; filter < filters; filter++) sums[filter] += value * weights[weight + filter];
            }
          }
        }
        for (let filter = 0; filter < filters; filter++)
          output[place + filter] = layer.relu && sums[filter] < 0 ? 0 : sums[filter];
      }
    return output;
  },
  /** The maximum or the mean of each window; what is left over at the end is dropped. */
  pooling({ input: [, columns, channels], output: [outputRows, outputColumns], size, isMaximum }, values) {
    const output = new Float32Array(outputRows * outputColumns * channels);
    for (let row = 0, place = 0; row < outputRows; row++)
      for (let column = 0; column < outputColumns; column++)
        for (let channel = 0; channel < channels; channel++, place++) {
          let [largest, sum] = [-Infinity, 0];
          for (let i = 0; i < size; i++)
            for (let j = 0; j < size; j++) {
              const value = values[((row * size + i) * columns + column * size + j) * channels + channel];
              largest = Math.max(largest, value);
              sum += value;
            }
          output[place] = isMaximum ? largest : sum / (size * size);
        }
    return output;
  },
  /** Batch normalization by the running statistics: a factor and a summand for each channel. */
  normalization({ input: [, , channels], factor, summand }, values) {
    return values.map((value, index) => value * weights[factor + index % channels] + weights[summand + index % channels]);
  },
};

/** The image [row][column] as a member's network takes it, from 0 to 1: Augmentation/Preprocessing.swift. */
function preprocessed(pixels, preprocessing) {
  const images = Float32Array.from(pixels, value => value / 255);
  let [ink, sumX, sumY, sumXX, sumXY, sumYY] = [0, 0, 0, 0, 0, 0];
  pixels.forEach((value, index) => {
    const [x, y] = [index % side, Math.floor(index / side)];
    ink += value;
    sumX += value * x;
    sumY += value * y;
    sumXX += value * x * x;
    sumXY += value * x * y;
    sumYY += value * y * y;
  });
  if (preprocessing === 'none' || ink === 0) return images;
  const [column, row] = [sumX / ink, sumY / ink];
  const [xx, xy, yy] = [sumXX / ink - column * column, sumXY / ink - column * row, sumYY / ink - row * row];
  const slant = yy > 0 ? Math.min(1, Math.max(-1, xy / yy)) : 0;
  let [across, left] = [1, -slant * row];
  if (preprocessing === 'spread') {
    const { deviation, leastVariance, from, to } = model.spread;
    const variance = Math.max(leastVariance, xx - 2 * slant * xy + slant * slant * yy);
    across = Math.min(to, Math.max(from, Math.sqrt(variance) / deviation));
    left += column - across * (side - 1) / 2;
  }
  return images.map((_, index) => {
    const y = Math.floor(index / side);
    const place = across * (index % side) + slant * y + left;
    const first = Math.floor(place);
    const pixel = x => x < 0 || x >= side ? 0 : images[y * side + x];
    return pixel(first) + (place - first) * (pixel(first + 1) - pixel(first));
  });
}

function softmax(logits) {
  const largest = Math.max(...logits);
  const powers = Array.from(logits, value => Math.exp(value - largest));
  const sum = powers.reduce((sum, value) => sum + value, 0);
  return powers.map(value => value / sum);
}

const best = probabilities => probabilities.indexOf(Math.max(...probabilities));

/** The average of the members' probabilities, by each member's share: Ensembling/Average.swift. */
function average(opinions) {
  const weighted = value => opinions[0].map((_, digit) =>
    opinions.reduce((sum, probabilities, index) => sum + model.members[index].share * value(probabilities, digit), 0));
  const mean = weighted((probabilities, digit) => probabilities[digit]);
  switch (model.average) {
    case 'geometric':
      return softmax(weighted((probabilities, digit) => Math.log(Math.max(probabilities[digit], 1e-15))));
    case 'vote':
      return weighted((probabilities, digit) => best(probabilities) === digit ? 1 : 0)
        .map((votes, digit) => (votes + 1e-6 * mean[digit]) / (1 + 1e-6));
    default:
      return mean;
  }
}

let rested = 0;
/** Lets the page draw and take strokes, if it could not for a while. */
async function rest() {
  if (performance.now() - rested < 12) return;
  await new Promise(done => setTimeout(done));
  rested = performance.now();
}

/** The members' probabilities of an image, and their average. */
async function probabilities(pixels) {
  const images = {};
  const opinions = [];
  for (const member of model.members) {
    await rest();
    const image = images[member.preprocessing] ??= preprocessed(pixels, member.preprocessing);
    opinions.push(softmax(member.layers.reduce((values, layer) => layers[layer.kind](layer, values), image)));
  }
  return { opinions, images, mean: average(opinions) };
}

/** Where the networks look: how much less sure they are without a pixel's surroundings (Ensembling/OcclusionMap.swift). */
async function occlusion(pixels, mean, isStale) {
  const [patch, step] = [6, 2];
  const digit = best(mean);
  const map = new Array(side * side).fill(0);
  for (let top = step - patch; top < side; top += step)
    for (let left = step - patch; left < side; left += step) {
      const covered = pixels.slice();
      const places = [];
      for (let row = Math.max(0, top); row < Math.min(side, top + patch); row++)
        for (let column = Math.max(0, left); column < Math.min(side, left + patch); column++) places.push(row * side + column);
      if (places.every(place => covered[place] === 0)) continue;
      for (const place of places) covered[place] = 0;
      const fall = mean[digit] - (await probabilities(covered)).mean[digit];
      for (const place of places) map[place] += fall / 9;
      if (isStale()) return null;
    }
  return map;
}

/** What the networks answer to an image of 784 bytes; null if the answer is not wanted any more. */
export async function predict({ body, withMap }, isStale) {
  const pixels = Array.from(body);
  // A speck is no digit, though every network would give it one.
  if (pixels.filter(value => value >= 64).length < 4)
    return { state: 'empty', digit: null, confidence: 0, probabilities: [], members: [], pixels, preprocessed: [], occlusion: null };
  const { opinions, images, mean } = await probabilities(pixels);
  const map = withMap ? await occlusion(pixels, mean, isStale) : null;
  if (withMap && !map) return null;
  const confidence = Math.max(...mean);
  return {
    state: confidence < model.unsure.below ? 'unsure' : 'ok', digit: best(mean), confidence, probabilities: mean,
    members: opinions.map((one, index) => ({ name: model.members[index].name, digit: best(one), probabilities: one })),
    pixels, preprocessed: Object.entries(images).map(([preprocessing, image]) =>
      ({ preprocessing, pixels: Array.from(image, value => Math.round(value * 255)) })),
    occlusion: map,
  };
}

/** What answers. */
export async function describe() {
  return { sources: model.sources, members: model.members, classes: model.classes, unsure: model.unsure, accepts: [] };
}

// For programs: an image's 784 numbers from 0 to 255, row by row; the answer is a promise of ten probabilities.
globalThis.kaggleDigits = { probabilities: async pixels => (await probabilities(Array.from(pixels))).mean };
