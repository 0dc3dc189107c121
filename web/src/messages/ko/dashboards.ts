import type { dashboards as en } from "../en/dashboards";
import type { Translation } from "../en";

export const dashboards: Translation<typeof en> = {
  "dashboards.title": "대시보드",
};
