export const dashboards = {
  "dashboards.title": "Dashboards",
} as const;
