import { fileURLToPath, URL } from "node:url";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** By name, every time: speed is not measured beside what another file has left to do. */
class ByName extends BaseSequencer {
  override sort = (files: TestSpecification[]) => Promise.resolve(files.sort((a, b) => a.moduleId.localeCompare(b.moduleId)));
}

/** The browser tests: one file after another, on one hosu that support/global.ts starts. */
export default defineConfig({
  root: fileURLToPath(new URL("..", import.meta.url)),
  resolve: { alias: { "@": fileURLToPath(new URL("../src", import.meta.url)) } },
  test: {
    include: ["e2e/*.e2e.ts"],
    globalSetup: "e2e/support/global.ts",
    fileParallelism: false,
    sequence: { sequencer: ByName },
    // Pages of two languages are looked at together: a browser waits much.
    maxConcurrency: 2,
    testTimeout: 240_000,
    hookTimeout: 120_000,
    reporters: ["default"],
  },
});
