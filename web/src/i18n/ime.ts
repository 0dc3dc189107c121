import type { KeyboardEvent as ReactKeyboardEvent } from "react";

/**
 * Whether a key belongs to an input method that is composing a character: the Enter that completes 한 must not submit
 * a form. Safari ends the composition before it sends the key, and marks it with the code 229.
 */
export function isComposing(event: ReactKeyboardEvent | KeyboardEvent): boolean {
  const native = "nativeEvent" in event ? event.nativeEvent : event;
  return native.isComposing || native.keyCode === 229;
}

/** A handler for onKeyDown that calls `act` on Enter, but not on the Enter of an input method. */
export function onEnter(act: (event: ReactKeyboardEvent) => void) {
  return (event: ReactKeyboardEvent) => {
    if (event.key === "Enter" && !isComposing(event)) act(event);
  };
}
