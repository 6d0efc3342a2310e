/** Marks drawn on a canvas: units by shape (what they do), hatched when their position is old; calls by priority. */
const SIZE = 22;
const SCALE = 2;

const SHAPES = {
  available: (p) => p.arc(11, 11, 6, 0, 7),
  committed: (p) => polygon(p, [[11, 4], [18, 17], [4, 17]]),
  en_route: (p) => polygon(p, [[11, 4], [18, 17], [4, 17]]),
  on_scene: (p) => p.rect(5, 5, 12, 12),
  transporting: (p) => polygon(p, [[11, 3], [19, 11], [11, 19], [3, 11]]),
  at_hospital: (p) => polygon(p, [[11, 3], [19, 11], [11, 19], [3, 11]]),
  unavailable: (p) => p.arc(11, 11, 4, 0, 7),
};
const HOLLOW = new Set(["committed", "unavailable"]);

export function icons(map, c) {
  const colour = { available: c.done, committed: c.accent, en_route: c.accent, transporting: c.accent, at_hospital: c.ink, on_scene: c.ink, unavailable: c.muted };
  for (const [meaning, draw] of Object.entries(SHAPES)) {
    for (const stale of [false, true]) {
      put(map, `unit-${meaning}${stale ? "-stale" : ""}`, (p) => unit(p, draw, colour[meaning], c, HOLLOW.has(meaning), stale));
    }
  }
  put(map, "closed", (p) => closed(p, c));
  put(map, "hatch", (p) => hatched(p, c), 10);
  for (const priority of [1, 2, 3, 4]) {
    for (const state of ["", "-late", "-sent"]) put(map, `call-${priority}${state}`, (p) => call(p, priority, state, c));
    for (const late of ["", "-late"]) put(map, `calls-${priority}${late}`, (p) => gathered(p, priority, Boolean(late), c), 36);
  }
}

function unit(p, draw, colour, c, hollow, stale) {
  const path = new Path2D();
  draw(path);
  p.lineWidth = 4;
  p.strokeStyle = c.surface;
  p.stroke(path);
  p.fillStyle = hollow || stale ? c.surface : colour;
  p.fill(path);
  if (stale) hatch(p, path, colour);
  p.lineWidth = 1.8;
  p.strokeStyle = colour;
  p.stroke(path);
}

function hatch(p, path, colour) {
  p.save();
  p.clip(path);
  p.strokeStyle = colour;
  p.lineWidth = 1.2;
  p.beginPath();
  for (let x = -SIZE; x < SIZE; x += 3.5) {
    p.moveTo(x, SIZE);
    p.lineTo(x + SIZE, 0);
  }
  p.stroke();
  p.restore();
}

function call(p, priority, state, c) {
  const path = new Path2D();
  path.roundRect(3, 3, 16, 16, 3);
  const late = state === "-late";
  const ground = late ? c.red : state === "-sent" ? c.surface : c.ink;
  p.lineWidth = 4;
  p.strokeStyle = c.surface;
  p.stroke(path);
  p.fillStyle = ground;
  p.fill(path);
  p.lineWidth = 1.6;
  p.strokeStyle = late ? c.red : c.ink;
  p.stroke(path);
  p.fillStyle = late ? "#ffffff" : state === "-sent" ? c.ink : c.surface;
  p.font = "700 12px Arial, sans-serif";
  p.textAlign = "center";
  p.textBaseline = "middle";
  p.fillText(String(priority), 11, 11.5);
}

/** Several calls: a disc for their number, and the most urgent one's priority at its edge; red where one is late. */
function gathered(p, priority, late, c) {
  const disc = new Path2D();
  disc.arc(18, 18, 13, 0, 7);
  p.lineWidth = 4;
  p.strokeStyle = c.surface;
  p.stroke(disc);
  p.fillStyle = late ? c.red : priority === 1 ? c.ink : c.surface;
  p.fill(disc);
  p.lineWidth = priority > 2 ? 1.2 : 2.4;
  p.strokeStyle = late ? c.red : priority > 2 ? c.muted : c.ink;
  p.stroke(disc);
  const badge = new Path2D();
  badge.roundRect(23, 1, 12, 12, 2.5);
  p.fillStyle = c.surface;
  p.fill(badge);
  p.lineWidth = 1.4;
  p.strokeStyle = c.ink;
  p.stroke(badge);
  p.fillStyle = c.ink;
  p.font = "700 10px Arial, sans-serif";
  p.textAlign = "center";
  p.textBaseline = "middle";
  p.fillText(String(priority), 29, 7.5);
}

/** The sign for no entry, in ink: red is for what is late. */
function closed(p, c) {
  p.beginPath();
  p.arc(11, 11, 8, 0, 7);
  p.fillStyle = c.ink;
  p.strokeStyle = c.surface;
  p.lineWidth = 2;
  p.fill();
  p.stroke();
  p.fillStyle = c.surface;
  p.fillRect(6, 9.5, 10, 3);
}

/** A road across which nobody drives: hatched in ink, its sides drawn. */
function hatched(p, c) {
  p.fillStyle = c.surface;
  p.fillRect(0, 0, 10, 10);
  p.strokeStyle = c.ink;
  p.lineWidth = 1.8;
  p.beginPath();
  for (const x of [-5, 0, 5, 10]) {
    p.moveTo(x, 10);
    p.lineTo(x + 10, 0);
  }
  p.stroke();
  p.fillStyle = c.ink;
  p.fillRect(0, 0, 10, 1.2);
  p.fillRect(0, 8.8, 10, 1.2);
}

function polygon(path, corners) {
  corners.forEach(([x, y], index) => (index ? path.lineTo(x, y) : path.moveTo(x, y)));
  path.closePath();
}

function put(map, name, draw, size = SIZE) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size * SCALE;
  const pen = canvas.getContext("2d");
  pen.scale(SCALE, SCALE);
  draw(pen);
  if (map.hasImage(name)) map.removeImage(name);
  map.addImage(name, pen.getImageData(0, 0, canvas.width, canvas.height), { pixelRatio: SCALE });
}
