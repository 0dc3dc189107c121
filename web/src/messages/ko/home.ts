import type { home as en } from "../en/home";
import type { Translation } from "../en";

export const home: Translation<typeof en> = {
  "home.title": "홈",
};
