// The page: what is drawn is asked about while it is drawn, one request at a time, and the latest wins.

import { Drawing, curve, draw, image } from './drawing.js';
import { predict, describe } from './answers.js';

const element = id => document.getElementById(id);
const [sheet, board, answer] = ['sheet', 'board', 'answer'].map(element);
const side = 28;
/** The pens: width on the board as a part of its side, and in the network's image in pixels. */
const pens = { thin: { shown: 0.035, seen: 2.3 }, medium: { shown: 0.055, seen: 2.8 }, thick: { shown: 0.085, seen: 3.6 } };
const eraserWidth = 0.11;
/** A map of where the networks look takes some hundred predictions: slow networks are asked for it on demand. */
const slow = 60;

const drawing = new Drawing();
let pen = 'medium';
/** A picture that was chosen in place of a drawing. */
let picture = null;
let model = null;
/** What the classes are called, and what is asked for. */
let kinds = Array.from({ length: 10 }, (_, digit) => String(digit));
let wish = 'Draw a digit';

// Asking.

/** What to ask next, and what is being asked; at most one of each. */
let next = null;
let asking = null;
/** Raised whenever what is on the board changes: answers to what was there before are dropped once it is empty. */
let version = 0;
let milliseconds = 0;
let pause = 0;

async function ask(request) {
  next = request;
  if (asking) return;
  answer.setAttribute('aria-busy', 'true');
  while (next) {
    [asking, next] = [next, null];
    try {
      const start = performance.now();
      const result = await predict(asking, () => next !== null || asking.version < emptied);
      if (!asking.withMap) milliseconds = performance.now() - start;
      if (result && asking.version >= emptied) show(result, asking);
    } catch (problem) {
      if (asking.version >= emptied) fail(problem);
    }
  }
  asking = null;
  answer.setAttribute('aria-busy', 'false');
}

let emptied = 0;

/** Asks about what is on the board. */
function askAboutDrawing({ withMap = false } = {}) {
  clearTimeout(pause);
  const pixels = image(drawing.strokes, (pens[pen] ?? pens.medium).seen);
  if (!pixels) {
    emptied = ++version;
    next = null;
    empty(drawing.isEmpty ? wish : 'Draw larger', drawing.isEmpty ? 'The answer changes while you draw.' : '');
    return;
  }
  ask({ version: ++version, type: 'application/octet-stream', body: pixels, withMap });
  if (!withMap) pause = setTimeout(() => milliseconds < slow && !stroke && askForMap(), 350);
}

function askForMap() {
  if (picture) ask({ ...picture.request, version: ++version, withMap: true });
  else if (!drawing.isEmpty) askAboutDrawing({ withMap: true });
}

// Showing.

const percent = value => {
  const share = 100 * value;
  // Not 100 % for what isn't certain.
  return `${share > 99.95 && share < 100 ? '> 99.9' : share > 0 && share < 0.05 ? '< 0.1' : share.toFixed(1)} %`;
};

/** One for each class, or for the ten most probable ones of many. */
const bars = Array.from({ length: 10 }, (_, digit) => {
  const row = document.createElement('tr');
  const head = document.createElement('th');
  head.scope = 'row';
  head.textContent = digit;
  const [track, fill] = [document.createElement('span'), document.createElement('span')];
  track.className = 'track';
  fill.className = 'fill';
  track.append(fill);
  const [bar, number] = [document.createElement('td'), document.createElement('td')];
  bar.append(track);
  row.append(head, bar, number);
  element('bars').append(row);
  return { row, head, fill, number };
});

function showBars(probabilities, best) {
  const classes = [...kinds.keys()];
  if (classes.length > bars.length) classes.sort((a, b) => (probabilities[b] ?? 0) - (probabilities[a] ?? 0));
  bars.forEach(({ row, head, fill, number }, place) => {
    const digit = classes[place];
    row.hidden = digit === undefined;
    if (row.hidden) return;
    const value = probabilities[digit] ?? 0;
    head.textContent = kinds[digit];
    fill.style.width = `${100 * value}%`;
    number.textContent = probabilities.length ? percent(value) : '–';
    row.className = digit === best ? 'first' : '';
  });
}

function verdict(state, digit, says, more) {
  answer.dataset.state = state;
  element('digit').textContent = digit;
  element('digit').classList.toggle('long', digit.length > 2);
  element('says').textContent = says;
  element('more').textContent = more;
}

function empty(says, more) {
  verdict('empty', '?', says, more);
  showBars([], -1);
  showViews(null);
  element('members').hidden = true;
  say(says);
}

function fail(problem) {
  const isGone = problem instanceof TypeError;
  verdict('failed', '?', isGone ? 'No answer' : 'That did not work',
    isGone ? 'The server has stopped, or is not reachable.' : problem.message);
  say(element('says').textContent + '. ' + element('more').textContent);
}

function show(result, request) {
  if (result.state === 'empty') {
    empty(picture ? 'Nothing found' : wish, picture ? 'The picture seems to be empty.' : '');
    showViews(result);
    return;
  }
  const order = [...result.probabilities.keys()].sort((a, b) => result.probabilities[b] - result.probabilities[a]);
  const [best, other] = order;
  const [first, second] = [kinds[best], kinds[other]];
  if (result.state === 'unsure')
    verdict('unsure', first, 'Not sure',
      `Perhaps ${first} (${percent(result.probabilities[best])}), perhaps ${second} (${percent(result.probabilities[other])}).`);
  else
    verdict('ok', first, percent(result.confidence), result.probabilities[other] < 0.0005 ? '' : `then ${second}, ${percent(result.probabilities[other])}`);
  showBars(result.probabilities, best);
  showViews(result);
  showMembers(result);
  if (!stroke) say(result.state === 'unsure' ? `Not sure. ${element('more').textContent}` : `${first}, ${percent(result.confidence)}`);
}

let sayLater = 0;
/** For screen readers: what was said last, when it has stood for a moment. */
function say(text) {
  clearTimeout(sayLater);
  sayLater = setTimeout(() => { if (element('said').textContent !== text) element('said').textContent = text; }, 250);
}

// Views: the image as the networks see it, and where they look.

const figures = {};

function figure(name, caption) {
  if (!figures[name]) {
    const node = document.createElement('figure');
    node.className = 'view';
    const canvas = Object.assign(document.createElement('canvas'), { width: side, height: side });
    canvas.setAttribute('role', 'img');
    const text = document.createElement('figcaption');
    node.append(canvas, text);
    element('views').append(node);
    figures[name] = { node, canvas, text, context: canvas.getContext('2d') };
  }
  const view = figures[name];
  view.node.hidden = false;
  view.text.textContent = caption;
  view.canvas.setAttribute('aria-label', caption);
  return view;
}

const color = name => {
  const value = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const digits = value.length === 4 ? [...value.slice(1)].map(one => one + one) : value.slice(1).match(/../g);
  return digits.map(one => parseInt(one, 16));
};

function paint({ context }, pixels, map) {
  const data = context.createImageData(side, side);
  const [ink, paper, hot, cold] = ['--ink', '--surface', '--bad', '--bar'].map(color);
  const largest = map ? Math.max(0.02, ...map.map(Math.abs)) : 1;
  for (let index = 0; index < side * side; index++) {
    let shade = (pixels[index] ?? 0) / 255 * (map ? 0.45 : 1);
    const heat = map ? Math.min(1, Math.abs(map[index]) / largest) * 0.85 : 0;
    for (let channel = 0; channel < 3; channel++) {
      const base = paper[channel] + (ink[channel] - paper[channel]) * shade;
      const tint = map && map[index] < 0 ? cold[channel] : hot[channel];
      data.data[index * 4 + channel] = base + (tint - base) * heat;
    }
    data.data[index * 4 + 3] = 255;
  }
  context.putImageData(data, 0, 0);
}

const preprocessings = { deskew: 'Deskewed, so that it is upright', spread: 'Spread: upright, of even width' };
let shown = null;

function showViews(result) {
  shown = result;
  for (const { node } of Object.values(figures)) node.hidden = true;
  const pixels = result?.pixels ?? [];
  paint(figure('pixels', '28 × 28 pixels'), pixels);
  for (const { preprocessing, pixels: seen } of result?.preprocessed ?? [])
    if (preprocessing !== 'none') paint(figure(preprocessing, preprocessings[preprocessing] ?? preprocessing), seen);
  if (result?.occlusion) paint(figure('map', 'Where it looks: without the orange parts it is less sure'), pixels, result.occlusion);
  element('map-button').hidden = !result || result.state === 'empty' || !!result.occlusion || milliseconds < slow;
}

const mapButton = Object.assign(document.createElement('button'), { id: 'map-button', type: 'button', hidden: true });
mapButton.textContent = 'Where does it look?';
mapButton.addEventListener('click', askForMap);
element('views').after(mapButton);

// Members.

/** The names without what all have in common: folders before, the file's name after. */
function shortened(names) {
  const paths = names.map(name => name.split('/'));
  const length = Math.min(...paths.map(path => path.length));
  let [before, after] = [0, 0];
  while (before < length - 1 && paths.every(path => path[before] === paths[0][before])) before++;
  while (after < length - before - 1 && paths.every(path => path[path.length - 1 - after] === paths[0][paths[0].length - 1 - after])) after++;
  return paths.map(path => path.slice(before, path.length - after).join('/'));
}

function showMembers(result) {
  element('members').hidden = result.members.length < 2;
  if (result.members.length < 2) return;
  const agreeing = result.members.filter(member => member.digit === result.digit).length;
  const count = result.members.length;
  element('members-text').textContent =
    agreeing === count ? `All ${count} say ${result.class}.` : `${agreeing} of ${count} say ${result.class}.`;
  const names = shortened(result.members.map(member => member.name));
  element('members-rows').replaceChildren(...result.members.map((member, index) => {
    const row = document.createElement('tr');
    const head = Object.assign(document.createElement('th'), { scope: 'row', textContent: names[index], title: member.name });
    const digit = Object.assign(document.createElement('td'), { textContent: kinds[member.digit] });
    const number = Object.assign(document.createElement('td'), { textContent: percent(member.probabilities[member.digit]) });
    digit.className = number.className = 'number';
    if (member.digit !== result.digit) digit.classList.add('other');
    row.append(head, digit, number);
    return row;
  }));
}

// The board.

const context = board.getContext('2d');
let size = 1;
let cursor = null;
let frame = 0;

/** Draws the board and asks, once a frame however many points come. */
function changed() {
  if (frame) return;
  frame = requestAnimationFrame(() => {
    frame = 0;
    redraw();
    if (!picture) askAboutDrawing();
  });
}

function redraw() {
  context.clearRect(0, 0, size, size);
  const style = getComputedStyle(document.documentElement);
  if (picture) {
    const { bitmap } = picture;
    const scale = Math.min(size / bitmap.width, size / bitmap.height) * 0.96;
    const [width, height] = [bitmap.width * scale, bitmap.height * scale];
    context.imageSmoothingEnabled = scale < 3;
    context.drawImage(bitmap, (size - width) / 2, (size - height) / 2, width, height);
  }
  context.strokeStyle = style.getPropertyValue('--ink');
  context.lineCap = context.lineJoin = 'round';
  context.lineWidth = (pens[pen] ?? pens.medium).shown * size;
  for (const points of drawing.strokes) draw(context, curve(points), point => [point.x * size, point.y * size]);
  if (cursor) {
    const cell = size / side;
    context.strokeStyle = style.getPropertyValue('--accent');
    context.lineWidth = Math.max(2, size / 200);
    context.strokeRect(cursor.column * cell, cursor.row * cell, cell, cell);
    if (cursor.isDown) {
      context.fillStyle = context.strokeStyle;
      context.fillRect((cursor.column + 0.3) * cell, (cursor.row + 0.3) * cell, cell * 0.4, cell * 0.4);
    }
  }
  element('hint').hidden = !drawing.isEmpty || !!picture;
  element('undo').disabled = !drawing.canUndo;
  element('clear').disabled = drawing.isEmpty && !picture;
}

new ResizeObserver(() => {
  size = board.width = board.height = Math.max(1, Math.round(board.clientWidth * devicePixelRatio));
  redraw();
}).observe(board);

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  redraw();
  showViews(shown);
});

/** The stroke or wipe in progress: its pointer, whether it erases, and where it was last. */
let stroke = null;

const place = event => {
  const box = board.getBoundingClientRect();
  return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
};

board.addEventListener('pointerdown', event => {
  // The eraser at a pen's other end is button 5. Further fingers and buttons draw nothing.
  const erases = event.button === 5 || pen === 'eraser';
  if (!event.isPrimary || stroke || ![0, 5].includes(event.button)) return;
  event.preventDefault();
  // Whoever draws with a pointer sees where.
  board.classList.add('by-pointer');
  board.focus({ preventScroll: true });
  board.setPointerCapture(event.pointerId);
  dropPicture();
  cursor = null;
  drawing.begin();
  const point = place(event);
  stroke = { pointer: event.pointerId, erases, last: point };
  if (erases) drawing.erase(point, point, eraserWidth / 2);
  else drawing.start(point);
  changed();
});

board.addEventListener('pointermove', event => {
  if (event.pointerId !== stroke?.pointer) return;
  event.preventDefault();
  const events = event.getCoalescedEvents?.() ?? [];
  const points = (events.length ? events : [event]).map(place);
  if (stroke.erases) {
    for (const point of points) {
      drawing.erase(stroke.last, point, eraserWidth / 2);
      stroke.last = point;
    }
  } else drawing.extend(points);
  changed();
});

for (const name of ['pointerup', 'pointercancel', 'lostpointercapture'])
  board.addEventListener(name, event => {
    if (event.pointerId !== stroke?.pointer) return;
    stroke = null;
    changed();
  });
// Safari scrolls for a finger unless these are refused, too.
for (const name of ['touchstart', 'touchmove']) board.addEventListener(name, event => event.preventDefault(), { passive: false });
board.addEventListener('contextmenu', event => event.preventDefault());

// The keyboard: a cursor on the 28×28 grid.

const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
const middleOf = ({ row, column }) => ({ x: (column + 0.5) / side, y: (row + 0.5) / side });

board.addEventListener('keydown', event => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const move = moves[event.key];
  const isKnown = move || [' ', 'Enter', 'Backspace', 'Delete', 'Escape'].includes(event.key);
  if (!isKnown || stroke) return;
  board.classList.remove('by-pointer');
  event.preventDefault();
  if (event.key === 'Backspace') return undo();
  if (event.key === 'Delete') return clear();
  cursor ??= { row: 6, column: 14, isDown: false };
  if (move) {
    const before = middleOf(cursor);
    cursor.row = Math.min(side - 1, Math.max(0, cursor.row + move[0]));
    cursor.column = Math.min(side - 1, Math.max(0, cursor.column + move[1]));
    if (cursor.isDown) {
      if (pen === 'eraser') drawing.erase(before, middleOf(cursor), eraserWidth / 2);
      else drawing.extend([middleOf(cursor)]);
      return changed();
    }
    say(`row ${cursor.row + 1}, column ${cursor.column + 1}`);
  } else if (event.key === 'Escape' || cursor.isDown) {
    cursor.isDown = false;
    changed();
    return;
  } else {
    dropPicture();
    cursor.isDown = true;
    drawing.begin();
    if (pen === 'eraser') drawing.erase(middleOf(cursor), middleOf(cursor), eraserWidth / 2);
    else drawing.start(middleOf(cursor));
    say(`pen down at row ${cursor.row + 1}, column ${cursor.column + 1}`);
    return changed();
  }
  redraw();
});
board.addEventListener('blur', () => {
  board.classList.remove('by-pointer');
  cursor = null;
  redraw();
});

// Tools.

function undo() {
  if (cursor) cursor.isDown = false;
  if (picture) dropPicture();
  else drawing.undo();
  changed();
}

function clear() {
  if (cursor) cursor.isDown = false;
  dropPicture();
  drawing.clear();
  changed();
}

element('undo').addEventListener('click', undo);
element('clear').addEventListener('click', clear);
document.addEventListener('keydown', event => {
  if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === 'z') {
    event.preventDefault();
    undo();
  }
});
for (const input of document.querySelectorAll('input[name=pen]'))
  input.addEventListener('change', () => {
    pen = input.value;
    changed();
  });

// Pictures: the browser decodes them, whatever they are, and turns photos as they were held.

const largest = 1024;

function dropPicture() {
  if (!picture) return;
  picture.bitmap.close();
  picture = null;
}

async function take(file) {
  if (!file || element('pictures').hidden) return;
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    return fail(new Error('This browser can’t read the picture; PNG and JPEG always work.'));
  }
  const scale = Math.min(1, largest / Math.max(bitmap.width, bitmap.height));
  const canvas = Object.assign(document.createElement('canvas'), {
    width: Math.max(1, Math.round(bitmap.width * scale)), height: Math.max(1, Math.round(bitmap.height * scale)),
  });
  const paper = canvas.getContext('2d');
  paper.fillStyle = '#fff';
  paper.fillRect(0, 0, canvas.width, canvas.height);
  paper.imageSmoothingQuality = 'high';
  paper.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  // Small pictures to the bit; a photo would be too large that way.
  const type = canvas.width * canvas.height <= 1 << 16 ? 'image/png' : 'image/jpeg';
  const body = await new Promise(done => canvas.toBlob(done, type, 0.92));
  dropPicture();
  drawing.clear();
  picture = { bitmap, request: { type, body } };
  redraw();
  ask({ ...picture.request, version: ++version, withMap: false });
  pause = setTimeout(() => picture && milliseconds < slow && askForMap(), 350);
}

for (const [button, input] of [['choose', 'file'], ['photograph', 'camera']]) {
  element(button).addEventListener('click', () => element(input).click());
  element(input).addEventListener('change', () => {
    take(element(input).files[0]);
    element(input).value = '';
  });
}
document.addEventListener('paste', event => take([...event.clipboardData.files].find(file => file.type.startsWith('image/'))));
for (const name of ['dragenter', 'dragover', 'dragleave', 'drop'])
  document.addEventListener(name, event => {
    event.preventDefault();
    sheet.classList.toggle('dropping', name === 'dragenter' || name === 'dragover');
    if (name === 'drop') take(event.dataTransfer.files[0]);
  });

// The start.

empty(wish, 'The answer changes while you draw.');
if (!matchMedia('(any-pointer: coarse)').matches) element('photograph').hidden = true;
describe().then(result => {
  model = result;
  if (model.classes.join() !== kinds.join()) {
    kinds = model.classes;
    element('bars').classList.add('named');
    wish = 'Draw';
    document.title = 'Draw · kaggle-digits';
    document.querySelector('h1').textContent = wish;
    element('hint').textContent = kinds.length > 12 ? 'Draw here' : `Draw one of ${kinds.join(', ')}`;
    empty(wish, element('more').textContent);
  }
  element('pictures').hidden = !model.accepts.includes('image/png');
  const names = model.sources.length > 2 ? `${model.sources.length} sources` : model.sources.join(' and ');
  element('threshold').textContent =
    `Answered by ${names}, ${model.members.length === 1 ? 'one network' : `${model.members.length} networks`}; `
    + `“not sure” means below ${Math.round(100 * model.unsure.below)} %, ${model.unsure.origin}.`;
}).catch(fail);
