import { useCallback, useState, type KeyboardEvent, type PointerEvent, type RefObject } from "react";

const key = "hosu.sql.split";
const clamp = (share: number) => Math.min(0.85, Math.max(0.12, share));

function stored(): number {
  try {
    const value = Number(localStorage.getItem(key));
    return value > 0 ? clamp(value) : 0.4;
  } catch {
    return 0.4;
  }
}

/** The share of the height that the upper part of an area has, and what a separator needs to change it. */
export function useSplit(area: RefObject<HTMLElement | null>) {
  const [share, setShare] = useState(stored);
  const move = useCallback((next: number) => {
    const value = clamp(next);
    setShare(value);
    try {
      localStorage.setItem(key, value.toFixed(3));
    } catch {
      // Not remembered, then.
    }
  }, []);
  const handle = {
    role: "separator",
    tabIndex: 0,
    "aria-orientation": "horizontal" as const,
    "aria-valuenow": Math.round(share * 100),
    "aria-valuemin": 12,
    "aria-valuemax": 85,
    onPointerDown: (event: PointerEvent<HTMLElement>) => event.currentTarget.setPointerCapture(event.pointerId),
    onPointerMove: (event: PointerEvent<HTMLElement>) => {
      const box = area.current?.getBoundingClientRect();
      if (box && event.currentTarget.hasPointerCapture(event.pointerId)) move((event.clientY - box.top) / box.height);
    },
    onDoubleClick: () => move(0.4),
    onKeyDown: (event: KeyboardEvent) => {
      const by = { ArrowUp: -0.04, ArrowDown: 0.04 }[event.key];
      if (by === undefined) return;
      event.preventDefault();
      move(share + by);
    },
  };
  return { share, handle };
}
