import { api, ApiError, url, type List, type QueryInfo } from "@/api";

export type FileFormat = "csv" | "parquet" | "json";

/**
 * Runs a statement again and lets the browser save its rows as they come, however many: a form whose answer is a file. An answer
 * that is none is a page of the frame, which may not be read: the history says what it was.
 */
export function download(sql: string, format: FileFormat, filename: string, failed: (error: ApiError) => void): void {
  const frame = document.createElement("iframe");
  frame.name = `download-${Date.now()}`;
  frame.hidden = true;
  const form = document.createElement("form");
  form.method = "post";
  form.action = url("/download");
  form.target = frame.name;
  form.hidden = true;
  for (const [name, value] of Object.entries({ sql, format, filename })) {
    const field = document.createElement("textarea"); // an input would lose the ends of lines
    field.name = name;
    field.value = value;
    form.append(field);
  }
  document.body.append(frame, form);
  // A file leaves the frame as it is; only an error is loaded into it.
  frame.addEventListener("load", () => {
    frame.remove();
    void why(sql).then(failed);
  });
  form.submit();
  form.remove();
  // An hour is the longest that an answer may take.
  setTimeout(() => frame.remove(), 3_600_000);
}

async function why(sql: string): Promise<ApiError> {
  try {
    const { items } = await api.get<List<QueryInfo>>("/queries", { params: { limit: 5 } });
    const error = items.find((q) => q.sql === sql && q.status === "failed")?.error;
    return new ApiError({ code: error?.code ?? "internal", detail: error?.message, hint: error?.hint });
  } catch (error) {
    return error instanceof ApiError ? error : ApiError.unreachable(error);
  }
}
