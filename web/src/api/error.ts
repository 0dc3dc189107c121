import type { Position } from "./types";

/** The body of an error, as the server writes it (RFC 9457). */
export type ErrorBody = {
  status?: number;
  code?: string;
  title?: string;
  detail?: string;
  hint?: string;
  position?: Position;
  errors?: { message?: string; location?: string }[];
  request_id?: string;
};

/**
 * Any request that failed. `code` is a stable word to branch on: what the server sends (`table_not_found`, `run_busy`,
 * …) or `unreachable`, when it did not answer at all.
 */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly hint: string | undefined;
  readonly position: Position | undefined;
  readonly errors: NonNullable<ErrorBody["errors"]>;
  readonly requestId: string | undefined;
  /** The whole body, for errors that carry more: the run at work, with `run_busy`. */
  readonly body: Readonly<Record<string, unknown>>;

  constructor(body: ErrorBody & Record<string, unknown>, options?: ErrorOptions) {
    super(body.detail || body.title || body.code || "The request failed", options);
    this.name = "ApiError";
    this.status = body.status ?? 0;
    this.code = body.code ?? "internal";
    this.title = body.title ?? "";
    this.detail = body.detail ?? "";
    this.hint = body.hint;
    this.position = body.position;
    this.errors = body.errors ?? [];
    this.requestId = body.request_id;
    this.body = body;
  }

  /** The server did not answer: it is down, or the network is. */
  get unreachable(): boolean {
    return this.code === "unreachable";
  }

  /** Trying again may help. */
  get transient(): boolean {
    return this.unreachable || this.status === 429 || this.status >= 500;
  }

  /** Wraps what fetch() throws when there is no answer. */
  static unreachable(cause: unknown): ApiError {
    return new ApiError({ code: "unreachable" }, { cause });
  }

  /** Reads the error out of a response that is not ok. */
  static async from(response: Response): Promise<ApiError> {
    const text = await response.text().catch(() => "");
    const requestId = response.headers.get("X-Request-Id") ?? undefined;
    try {
      const body = JSON.parse(text) as ErrorBody & Record<string, unknown>;
      return new ApiError({ ...body, status: body.status ?? response.status, request_id: body.request_id ?? requestId });
    } catch {
      // A proxy before the server answers in its own way when the server is down.
      const down = response.status >= 502 && response.status <= 504;
      return new ApiError({
        status: response.status,
        code: down ? "unreachable" : "internal",
        title: `${response.status} ${response.statusText}`.trim(),
        detail: text.length < 300 && !text.includes("<") ? text : "",
        request_id: requestId,
      });
    }
  }
}
