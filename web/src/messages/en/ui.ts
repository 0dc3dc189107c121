/** The words of the component kit. */
export const ui = {
  "ui.retry": "Try again",
  "ui.breadcrumbs": "Above this page",
  "ui.close": "Close",
  "ui.cancel": "Cancel",
  "ui.copy": "Copy",
  "ui.copied": "Copied",
  "ui.loading": "Loading…",
  "ui.error.request": "Request {id}",
  "ui.error.unreachable": "hosu does not answer",
  "ui.error.unreachable.detail": "The server cannot be reached.",
  "ui.error.unreachable.hint": "Check that it is running and that this machine is connected. It is tried again by itself.",
  "ui.error.unknown": "Something went wrong",
} as const;
