import { useSyncExternalStore } from "react";

/** Whether the server answers, as the last request saw it. */
export type Connection = {
  online: boolean;
  /** When it last answered, in ms; 0 if never. */
  lastAnswer: number;
};

let state: Connection = { online: true, lastAnswer: 0 };
const listeners = new Set<() => void>();

export function answered(): void {
  const was = state.online;
  // A new object only on a change: lastAnswer alone does not make anything render.
  if (was) state.lastAnswer = Date.now();
  else set({ online: true, lastAnswer: Date.now() });
}

export function unanswered(): void {
  if (state.online) set({ ...state, online: false });
}

function set(next: Connection): void {
  state = next;
  listeners.forEach((changed) => changed());
}

export function onConnection(changed: () => void): () => void {
  listeners.add(changed);
  return () => listeners.delete(changed);
}

export const connection = (): Connection => state;
export const useConnection = (): Connection => useSyncExternalStore(onConnection, connection);
