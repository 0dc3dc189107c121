import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** The browser to use: $CHROMIUM, or a Chromium or Chrome of this machine. */
export function browserPath(): string {
  const given = process.env.CHROMIUM;
  if (given !== undefined && given !== "") {
    if (!existsSync(given)) throw new Error(`CHROMIUM names ${given}, which is not there`);
    return given;
  }
  const folders = (process.env.PATH ?? "").split(delimiter);
  for (const name of ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]) {
    for (const folder of folders) if (folder !== "" && existsSync(join(folder, name))) return join(folder, name);
  }
  throw new Error("The browser tests need Chromium: install it (Debian: apt-get install chromium fonts-noto-cjk), or name a browser in CHROMIUM");
}
