/** One EventSource on /api/stream, resumed after the last line seen; `tell` gets {kind, ...} messages. */
export function source(after, tell) {
  let last = after;
  let events = null;
  const open = () => {
    events = new EventSource(`/api/stream?after=${last}`);
    events.onopen = () => tell({ kind: "state", up: true });
    events.onmessage = (event) => take(event);
    events.addEventListener("line", (event) => take(event));
    events.onerror = () => {
      tell({ kind: "state", up: false });
      if (events.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
      events.close();
      setTimeout(open, 3000);
    };
  };
  const take = (event) => {
    const line = JSON.parse(event.data);
    last = Math.max(last, Number(event.lastEventId || line.number) || 0);
    tell({ kind: "line", line });
  };
  open();
  return { last: () => last };
}
