/** Three short, calm sounds, made here. A browser keeps silent until the first key or click on the page: that is said,
 *  and ends with it. Of several tabs one sounds. */
const NOTES = {
  urgent: [[0, 660], [0.16, 880], [0.32, 1100], [0.7, 660], [0.86, 880], [1.02, 1100]], // s, Hz: a new priority 1
  waits: [[0, 520], [0.24, 520]], // nobody was sent in time
  late: [[0, 440], [0.2, 330]], // another promise is late
};
const LONG = 0.15; // s
const GESTURES = ["pointerdown", "keydown"];

const audio = typeof AudioContext === "undefined" ? null : new AudioContext();
let told = () => {};
let ours = !navigator.locks;

export const blocked = () => audio?.state === "suspended";

/** `changed(blocked)` is called now, and when the browser lets the page sound. */
export function start(changed) {
  told = () => changed(blocked());
  for (const gesture of GESTURES) addEventListener(gesture, unlock, { capture: true });
  audio?.addEventListener("statechange", told);
  told();
  claim();
}

async function unlock() {
  await audio?.resume();
  if (blocked()) return;
  for (const gesture of GESTURES) removeEventListener(gesture, unlock, { capture: true });
  told();
  claim();
}

/** The first tab that may sound is the one that does, as long as it is there. */
function claim() {
  if (ours || !audio || blocked()) return;
  navigator.locks.request("sound", () => {
    ours = true;
    told();
    return new Promise(() => {});
  });
}

/** `volume` 0 to 100. `asked`: somebody wants to hear it here. Whether it sounds. */
export function play(kind, volume, asked = false) {
  if (!audio || blocked() || !(ours || asked)) return false;
  for (const [after, hertz] of NOTES[kind]) note(audio.currentTime + after, hertz, volume / 100);
  return true;
}

function note(at, hertz, loud) {
  const tone = audio.createOscillator();
  const gain = audio.createGain();
  tone.frequency.value = hertz;
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(loud * 0.5, at + 0.02);
  gain.gain.linearRampToValueAtTime(0, at + LONG);
  tone.connect(gain).connect(audio.destination);
  tone.start(at);
  tone.stop(at + LONG);
}
