/** Follow the ledger: `follow(after, {line, state, beat})`; `beat` comes every 5 s, in a tab in the background too.
 *  Shares one connection a browser where SharedWorker exists. */
import { source } from "./stream-source.js";

const BEAT = 5000; // ms

export function follow(after, { line, state, beat = () => {} }) {
  const take = (message) => {
    if (message.kind === "line") line(message.line);
    else if (message.kind === "state") state(message.up);
    else beat();
  };
  if (typeof SharedWorker === "undefined") {
    source(after, take);
    setInterval(beat, BEAT);
    return;
  }
  const worker = new SharedWorker(new URL("./stream-worker.js", import.meta.url), { type: "module", name: "blockwise" });
  worker.port.onmessage = ({ data }) => take(data);
  worker.port.postMessage({ kind: "follow", after });
  addEventListener("pagehide", () => worker.port.postMessage({ kind: "leave" }));
}
