import { app } from "./app";
import { catalog } from "./catalog";
import { dashboards } from "./dashboards";
import { home } from "./home";
import { runs } from "./runs";
import { sql } from "./sql";
import { ui } from "./ui";

export const messages = { ...app, ...ui, ...home, ...catalog, ...sql, ...runs, ...dashboards };

/** The id of a message. */
export type MessageId = keyof typeof messages;
/** What a translation of an area is: every id of the English one, and no other. */
export type Translation<Area> = Record<keyof Area, string>;
