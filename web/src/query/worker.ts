/**
 * Runs one statement and keeps its result. One of these per result: ending it gives all the memory back, and sorting
 * one result does not keep the page or another result waiting.
 */
import { RecordBatchReader } from "apache-arrow";
import { ApiError } from "@/api/error";
import type { Reply, Request } from "./protocol";
import { ResultStore } from "./store";

let store: ResultStore | undefined;
let abort: AbortController | undefined;

const tell = (reply: Reply) => postMessage(reply);

/** How often rows are told of; the first are told at once. */
const tellEvery = 80;
/** How long batches may be read without a look at the messages. */
const yieldEvery = 12;

async function run(url: string, body: string): Promise<void> {
  abort = new AbortController();
  const { signal } = abort;
  let opened: ResultStore | undefined;
  try {
    const answer = fetch(url, {
      method: "POST",
      body,
      signal,
      headers: { "Content-Type": "application/json", Accept: "application/vnd.apache.arrow.stream" },
    });
    tell({ event: "sent" });
    const response = await answer;
    if (!response.ok) {
      const error = await ApiError.from(response);
      return tell({ event: "failed", rows: 0, error: { ...error.body, code: error.code }, cancelled: false, reason: error.message });
    }
    // The reader takes a stream that breaks for one that ends: what broke is kept here.
    const bytes = new Bytes(response);
    const reader = await RecordBatchReader.from(bytes.stream);
    await reader.open();
    opened = store = new ResultStore(reader.schema);
    tell({ event: "columns", columns: [...opened.columns] });
    let told = 0;
    let looked = performance.now();
    for await (const batch of reader) {
      const first = opened.rows === 0;
      opened.add(batch);
      const now = performance.now();
      if ((first && opened.rows > 0) || now - told > tellEvery) {
        told = now;
        tell({ event: "rows", rows: opened.rows });
      }
      if (now - looked > yieldEvery) {
        await new Promise((next) => setTimeout(next));
        looked = performance.now();
      }
    }
    if (bytes.broken !== undefined) throw bytes.broken;
    // A sort that was asked for meanwhile has not seen all rows.
    if (opened.resort()) tell({ event: "order" });
    tell({ event: "done", rows: opened.rows });
  } catch (error) {
    if (opened?.resort()) tell({ event: "order" });
    tell({ event: "failed", rows: opened?.rows ?? 0, error: null, cancelled: signal.aborted, reason: String(error) });
  }
}

/** The bytes of a response, and why they ended before their end. */
class Bytes {
  broken: Error | undefined;
  readonly stream: ReadableStream<Uint8Array>;

  constructor(response: Response) {
    const reader = response.body!.getReader();
    this.stream = new ReadableStream({
      pull: async (out) => {
        let next: ReadableStreamReadResult<Uint8Array>;
        try {
          next = await reader.read();
        } catch (error) {
          this.broken = error instanceof Error ? error : new Error(String(error));
          out.error(error);
          return;
        }
        try {
          if (next.done) out.close();
          else out.enqueue(next.value);
        } catch {
          // Nobody reads any more: the end of the rows was met before the end of the response.
        }
      },
      cancel: (reason) => reader.cancel(reason),
    });
  }
}

function answer(request: Exclude<Request, { call: "run" | "cancel" }>): unknown {
  if (store === undefined) return request.call === "window" ? [] : null;
  switch (request.call) {
    case "window":
      return store.window(request.range, request.cut);
    case "cell":
      return store.cell(request.row, request.column);
    case "sort":
      return store.sort(request.column, request.desc);
    case "text":
      return store.text(request.range, request.format, request.header);
    case "column":
      return store.column(request.column, request.limit);
    case "summary":
      return store.summary(request.range);
  }
}

onmessage = ({ data }: MessageEvent<Request>) => {
  if (data.call === "run") void run(data.url, data.body);
  else if (data.call === "cancel") abort?.abort();
  else {
    try {
      tell({ event: "result", id: data.id, value: answer(data) });
    } catch (error) {
      tell({ event: "error", id: data.id, message: error instanceof Error ? error.message : String(error) });
    }
  }
};
