import { useEffect, useEffectEvent, useState } from "react";
import { url, type Params } from "./client";

/** What a stream of events is listened to with: a function for each kind, given its data. */
export type Listeners = Record<string, (data: never) => void>;

export type EventsOptions = {
  params?: Params;
  /** Whether it is connected: after false it is being connected again by itself. */
  onConnected?: (connected: boolean) => void;
};

const slowest = 10_000;

/**
 * Listens to a stream of server-sent events until its `end`, connecting again when it breaks: the server then tells the
 * present state anew, so a listener must take what it knows already. Returns what stops it.
 */
export function listen(to: string, listeners: Listeners, options: EventsOptions = {}): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;

  const stop = () => {
    clearTimeout(timer);
    source?.close();
    source = undefined;
  };

  const connect = () => {
    const opened = new EventSource(url(to, options.params));
    source = opened;
    opened.onopen = () => {
      failures = 0;
      options.onConnected?.(true);
    };
    // The browser's own way of connecting again gives up on an HTTP error, and never waits longer.
    opened.onerror = () => {
      opened.close();
      if (source !== opened) return;
      options.onConnected?.(false);
      timer = setTimeout(connect, Math.min(500 * 2 ** failures++, slowest));
    };
    for (const [kind, tell] of Object.entries(listeners)) {
      opened.addEventListener(kind, (event: MessageEvent<string>) => {
        if (source === opened) tell(JSON.parse(event.data) as never);
      });
    }
    opened.addEventListener("end", stop);
  };

  connect();
  return stop;
}

/**
 * Listens while the component is on screen; not at all while `to` is null. The listeners may be new functions on every
 * render. Returns whether it is connected; true before the first attempt has failed.
 *
 *     useEvents(path`/runs/${id}/events`, { run: (run: RunInfo) => …, task: (task: TaskInfo) => … });
 */
export function useEvents(to: string | null, listeners: Listeners, params?: Params): boolean {
  const [connected, setConnected] = useState(true);
  const tell = useEffectEvent((kind: string, data: never) => listeners[kind]?.(data));
  const kinds = Object.keys(listeners).join(" ");
  const given = JSON.stringify(params ?? {});
  useEffect(() => {
    if (to === null) return;
    const bound = Object.fromEntries(kinds.split(" ").map((kind) => [kind, (data: never) => tell(kind, data)]));
    return listen(to, bound, { params: JSON.parse(given) as Params, onConnected: setConnected });
  }, [to, kinds, given]);
  return connected;
}
