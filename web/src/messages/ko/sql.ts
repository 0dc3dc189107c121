import type { sql as en } from "../en/sql";
import type { Translation } from "../en";

export const sql: Translation<typeof en> = {
  "sql.title": "SQL",
};
