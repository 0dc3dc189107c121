export const catalog = {
  "catalog.title": "Catalog",
} as const;
