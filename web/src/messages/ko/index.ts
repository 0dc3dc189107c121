import { app } from "./app";
import { catalog } from "./catalog";
import { dashboards } from "./dashboards";
import { home } from "./home";
import { runs } from "./runs";
import { sql } from "./sql";
import { ui } from "./ui";

export const messages = { ...app, ...ui, ...home, ...catalog, ...sql, ...runs, ...dashboards };

