/** How often the page looks for itself: while the line is down, and in case an event got lost. */
const pollMs = 3_000;
const doubtMs = 30_000;

/**
 * Listens to what happens in a person's chat: server-sent events, with polling while they are not there.
 * @param {string} person
 * @param {{ onChange: () => void, onPeople: () => void, onTyping: () => void, onLine: (isUp: boolean) => void }} handlers
 * @returns {() => void} stops listening
 */
export function listen(person, handlers) {
  /** @type {EventSource | undefined} */
  let source;
  let isStopped = false;
  let lastLook = Date.now();
  let retry;

  const look = () => {
    lastLook = Date.now();
    handlers.onChange();
  };
  const connect = () => {
    if (isStopped) return;
    source = new EventSource(`/simulator/events?${new URLSearchParams({ person })}`);
    source.addEventListener('open', () => handlers.onLine(true));
    source.addEventListener('changed', look);
    source.addEventListener('people', handlers.onPeople);
    source.addEventListener('typing', handlers.onTyping);
    source.addEventListener('error', () => {
      handlers.onLine(false);
      // The browser retries lost connections by itself, but gives up on an answer such as 502 from a proxy.
      if (source?.readyState === EventSource.CLOSED) {
        source.close();
        clearTimeout(retry);
        retry = setTimeout(connect, pollMs);
      }
    });
  };
  const timer = setInterval(() => {
    if (document.hidden) return;
    const isUp = source?.readyState === EventSource.OPEN;
    if (Date.now() - lastLook >= (isUp ? doubtMs : pollMs)) look();
  }, pollMs);
  const onReturn = () => {
    if (!document.hidden) look();
  };
  document.addEventListener('visibilitychange', onReturn);
  addEventListener('online', onReturn);
  connect();
  return () => {
    isStopped = true;
    source?.close();
    clearTimeout(retry);
    clearInterval(timer);
    document.removeEventListener('visibilitychange', onReturn);
    removeEventListener('online', onReturn);
  };
}
