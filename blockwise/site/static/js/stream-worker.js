/** The browser's one connection to the stream, shared by its tabs (a SharedWorker). */
import { source } from "./stream-source.js";

const ports = new Set();
let live = null;
let state = null;

function tell(message) {
  if (message.kind === "state") state = message;
  for (const port of ports) port.postMessage(message);
}

const BEAT = 5000; // ms; the timers of a tab in the background hardly run, those of a worker do
setInterval(() => tell({ kind: "beat" }), BEAT);

self.onconnect = ({ ports: [port] }) => {
  ports.add(port);
  port.onmessage = ({ data }) => {
    if (data.kind === "leave") ports.delete(port);
    if (data.kind === "follow") live ??= source(data.after, tell);
  };
  if (state) port.postMessage(state);
};
