import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath, URL } from "node:url";

const binary = process.env.HOSU_BINARY ?? fileURLToPath(new URL("../../../bin/hosu", import.meta.url));

/** A hosu that serves on loopback. */
export class Hosu {
  readonly #process: ChildProcess;

  private constructor(
    readonly url: string,
    process: ChildProcess,
  ) {
    this.#process = process;
  }

  /** Makes the demo in a folder that is not there yet, and serves it. */
  static demo(dir: string, scale: string): Promise<Hosu> {
    return Hosu.#start(["demo", "--dir", dir, "--scale", scale, "--listen", "127.0.0.1:0"]);
  }

  /** Serves a workspace that is there; at a free port unless one is given. */
  static serve(dir: string, address = "127.0.0.1:0"): Promise<Hosu> {
    return Hosu.#start(["-C", dir, "serve", "--listen", address]);
  }

  static async #start(args: string[]): Promise<Hosu> {
    if (!existsSync(binary)) throw new Error(`${binary} is not there: run make build`);
    const child = spawn(binary, args, { stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    const url = await new Promise<string>((resolve, reject) => {
      const hear = (data: Buffer) => {
        said += data.toString();
        const address = /Serving workspace .* at (http:\S+)/.exec(said)?.[1];
        if (address) resolve(address);
      };
      child.stdout.on("data", hear);
      child.stderr.on("data", hear);
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`hosu ${args.join(" ")} ended with ${code} before it served:\n${said}`)));
    });
    if (said.includes("without its web interface")) {
      child.kill("SIGKILL");
      throw new Error(`${binary} was built without the web interface: install Node.js 20 or newer and run make build`);
    }
    return new Hosu(url, child);
  }

  get address(): string {
    return new URL(this.url).host;
  }

  /** Asks it to end, as Ctrl-C does. */
  stop = (): Promise<void> => this.#end("SIGTERM");
  /** Ends it without a word, as a crash does. */
  kill = (): Promise<void> => this.#end("SIGKILL");
  /** It takes connections and never answers, until it goes on. */
  freeze = (): boolean => this.#process.kill("SIGSTOP");
  thaw = (): boolean => this.#process.kill("SIGCONT");

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, "exit");
    this.#process.kill(signal);
    await ended;
  }

  /** JSON from the API, by its path below /api/v1. */
  async get<Answer>(path: string): Promise<Answer> {
    const response = await fetch(`${this.url}/api/v1${path}`);
    if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as Answer;
  }

  async post<Answer>(path: string, body: unknown): Promise<Answer> {
    const response = await fetch(`${this.url}/api/v1${path}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`POST ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as Answer;
  }
}
