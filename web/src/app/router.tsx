import type { QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent, parseSearchWith, stringifySearchWith } from "@tanstack/react-router";
import { catalogSearch, tableSearch } from "@/pages/catalog/search";
import { dashboardSearch, dashboardsSearch } from "@/pages/dashboards/search";
import { homeSearch } from "@/pages/home/search";
import { runSearch, runsSearch, taskSearch } from "@/pages/runs/search";
import { sqlSearch } from "@/pages/sql/search";
import { Crashed, NotFound } from "./Failures";
import { readValue } from "./search";
import { Shell } from "./shell/Shell";

/**
 * Every page of the interface. A page's code loads when it is first visited; what it accepts after the `?` is said in
 * the search.ts of its folder, which is part of the first load and must stay small.
 */
const root = createRootRouteWithContext<{ client: QueryClient }>()({ component: Shell });

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  validateSearch: homeSearch,
  component: lazyRouteComponent(() => import("@/pages/home/HomePage"), "HomePage"),
});

const catalog = createRoute({
  getParentRoute: () => root,
  path: "/catalog",
  validateSearch: catalogSearch,
  component: lazyRouteComponent(() => import("@/pages/catalog/CatalogPage"), "CatalogPage"),
});

const table = createRoute({
  getParentRoute: () => root,
  path: "/catalog/$table",
  validateSearch: tableSearch,
  component: lazyRouteComponent(() => import("@/pages/catalog/TablePage"), "TablePage"),
});

const sql = createRoute({
  getParentRoute: () => root,
  path: "/sql",
  validateSearch: sqlSearch,
  component: lazyRouteComponent(() => import("@/pages/sql/SqlPage"), "SqlPage"),
});

const runs = createRoute({
  getParentRoute: () => root,
  path: "/runs",
  validateSearch: runsSearch,
  component: lazyRouteComponent(() => import("@/pages/runs/RunsPage"), "RunsPage"),
});

const run = createRoute({
  getParentRoute: () => root,
  path: "/runs/$run",
  validateSearch: runSearch,
  component: lazyRouteComponent(() => import("@/pages/runs/RunPage"), "RunPage"),
});

const task = createRoute({
  getParentRoute: () => root,
  path: "/runs/$run/tasks/$task",
  validateSearch: taskSearch,
  component: lazyRouteComponent(() => import("@/pages/runs/TaskPage"), "TaskPage"),
});

const dashboards = createRoute({
  getParentRoute: () => root,
  path: "/dashboards",
  validateSearch: dashboardsSearch,
  component: lazyRouteComponent(() => import("@/pages/dashboards/DashboardsPage"), "DashboardsPage"),
});

const dashboard = createRoute({
  getParentRoute: () => root,
  path: "/dashboards/$name",
  validateSearch: dashboardSearch,
  component: lazyRouteComponent(() => import("@/pages/dashboards/DashboardPage"), "DashboardPage"),
});

// The component kit on one page; not part of a build.
const development = import.meta.env.DEV
  ? [createRoute({ getParentRoute: () => root, path: "/kit", component: lazyRouteComponent(() => import("./kit/KitPage"), "KitPage") })]
  : [];

const routeTree = root.addChildren([...development, home, catalog, table, sql, runs, run, task, dashboards, dashboard]);

export function makeRouter(client: QueryClient) {
  return createRouter({
    routeTree,
    context: { client },
    parseSearch: parseSearchWith(readValue),
    stringifySearch: stringifySearchWith(JSON.stringify, readValue),
    defaultPreload: "intent",
    // TanStack Query decides what is fresh.
    defaultPreloadStaleTime: 0,
    defaultErrorComponent: Crashed,
    defaultNotFoundComponent: NotFound,
    scrollRestoration: true,
    scrollToTopSelectors: ["#main"],
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
