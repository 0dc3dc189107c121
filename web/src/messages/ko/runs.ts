import type { runs as en } from "../en/runs";
import type { Translation } from "../en";

export const runs: Translation<typeof en> = {
  "runs.title": "실행",
};
