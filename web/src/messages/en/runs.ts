export const runs = {
  "runs.title": "Runs",
} as const;
