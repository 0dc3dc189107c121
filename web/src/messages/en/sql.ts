export const sql = {
  "sql.title": "SQL",
} as const;
