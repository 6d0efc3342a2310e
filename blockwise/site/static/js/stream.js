/** Follow the ledger: `follow(after, {line, state})`. Shares one connection a browser where SharedWorker exists. */
import { source } from "./stream-source.js";

export function follow(after, { line, state }) {
  const take = (message) => (message.kind === "line" ? line(message.line) : state(message.up));
  if (typeof SharedWorker === "undefined") {
    source(after, take);
    return;
  }
  const worker = new SharedWorker(new URL("./stream-worker.js", import.meta.url), { type: "module", name: "blockwise" });
  worker.port.onmessage = ({ data }) => take(data);
  worker.port.postMessage({ kind: "follow", after });
  addEventListener("pagehide", () => worker.port.postMessage({ kind: "leave" }));
}
