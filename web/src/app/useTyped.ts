import { useEffect, useRef, useState } from "react";

/**
 * Text that is shown as it is typed and written into the address when typing pauses; the address wins when it changes otherwise.
 * A field must not show the address itself: that follows some moments later, and what an input method composes would be lost.
 */
export function useTyped(address: string | undefined, write: (text: string | undefined) => void): [string, (text: string) => void] {
  // `written` are the texts that are on their way into the address: it may come to one of them after more has been typed.
  const [state, setState] = useState({ text: address ?? "", address, written: [] as (string | undefined)[] });
  if (state.address !== address) {
    const own = state.written.indexOf(address);
    setState({ text: own >= 0 ? state.text : (address ?? ""), address, written: own >= 0 ? state.written.slice(own + 1) : [] });
  }
  const { text } = state;
  const latest = useRef(write);
  useEffect(() => {
    latest.current = write;
  });
  useEffect(() => {
    const wanted = text.trim() || undefined;
    if (wanted === address) return;
    const timer = setTimeout(() => {
      setState((was) => ({ ...was, written: [...was.written, wanted] }));
      latest.current(wanted);
    }, 250);
    return () => clearTimeout(timer);
    // Only typing writes: a change of the address alone must not be undone.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [text]);
  return [text, (next) => setState((was) => ({ ...was, text: next }))];
}
