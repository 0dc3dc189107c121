import { expect } from "vitest";
import type { Locator } from "playwright-core";
import type { QueryInfo } from "@/api/types";
import type { Visit } from "./visit";

/** The SQL page as somebody uses it. */
export class SqlDesk {
  constructor(readonly visit: Visit) {}

  get editor(): Locator {
    return this.visit.page.getByRole("textbox", { name: this.visit.t("sql.editor"), exact: true });
  }
  get grid(): Locator {
    return this.visit.page.getByRole("grid", { name: this.visit.t("sql.result"), exact: true });
  }
  get problem(): Locator {
    return this.visit.page.getByRole("tabpanel").getByRole("alert");
  }
  get toolbar(): Locator {
    return this.visit.page.getByRole("toolbar", { name: this.visit.t("sql.toolbar"), exact: true });
  }
  button(name: string): Locator {
    return this.toolbar.getByRole("button", { name, exact: true });
  }

  /** Opens the page with a statement in its editor. */
  async open(sql: string): Promise<void> {
    await this.visit.open(`/sql?sql=${encodeURIComponent(sql)}`);
    await this.editor.waitFor();
  }

  async run(): Promise<void> {
    await this.button(this.visit.t("sql.run")).click();
  }

  /** Until there is nothing to cancel any more; what the server says of the statement then. */
  async ended(): Promise<QueryInfo> {
    await this.button(this.visit.t("sql.run")).waitFor();
    const { items } = (await (await fetch(`${this.visit.url}/api/v1/queries?limit=1`)).json()) as { items: QueryInfo[] };
    return items[0]!;
  }

  /** Runs a statement and waits for all of its rows. */
  async ask(sql: string): Promise<QueryInfo> {
    await this.open(sql);
    await this.run();
    await this.grid.getByRole("gridcell").first().waitFor();
    const info = await this.ended();
    expect(info).toMatchObject({ status: "succeeded" });
    expect(await this.problem.allInnerTexts()).toEqual([]);
    return info;
  }
}
