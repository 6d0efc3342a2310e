/** The browser's one connection to the stream, shared by its tabs (a SharedWorker). */
import { source } from "./stream-source.js";

const ports = new Set();
let live = null;
let state = null;

function tell(message) {
  if (message.kind === "state") state = message;
  for (const port of ports) port.postMessage(message);
}

self.onconnect = ({ ports: [port] }) => {
  ports.add(port);
  port.onmessage = ({ data }) => {
    if (data.kind === "leave") ports.delete(port);
    if (data.kind === "follow") live ??= source(data.after, tell);
  };
  if (state) port.postMessage(state);
};
