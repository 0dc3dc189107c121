import type { catalog as en } from "../en/catalog";
import type { Translation } from "../en";

export const catalog: Translation<typeof en> = {
  "catalog.title": "카탈로그",
};
