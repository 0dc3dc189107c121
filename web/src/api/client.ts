import { answered, unanswered } from "./connection";
import { ApiError } from "./error";

export const base = "/api/v1";

/** Values of a query string: undefined, null and "" are left out, a list is repeated. */
export type Params = Record<string, string | number | boolean | null | undefined | readonly string[]>;

export function url(path: string, params?: Params): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(params ?? {})) {
    if (Array.isArray(value)) value.forEach((v) => search.append(name, v as string));
    else if (value !== undefined && value !== null && value !== "") search.set(name, String(value));
  }
  const text = search.toString();
  return base + path + (text && `?${text}`);
}

/** Joins path segments, escaping what does not belong into one: ``path`/tables/${name}` ``. */
export const path = (strings: TemplateStringsArray, ...values: (string | number)[]): string =>
  String.raw({ raw: strings }, ...values.map((v) => encodeURIComponent(String(v))));

/** fetch() that throws [ApiError], and that notes whether the server answers. */
export async function send(to: string, init?: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(to, init);
  } catch (cause) {
    if (init?.signal?.aborted) throw cause;
    unanswered();
    throw ApiError.unreachable(cause);
  }
  if (response.ok) {
    answered();
    return response;
  }
  const error = await ApiError.from(response);
  if (error.unreachable) unanswered();
  else answered();
  throw error;
}

type Options = { params?: Params; signal?: AbortSignal };

async function json<Result>(method: string, to: string, body?: unknown, options?: Options): Promise<Result> {
  const response = await send(url(to, options?.params), {
    method,
    signal: options?.signal,
    headers: { Accept: "application/json", ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (response.status === 204) return undefined as Result;
  const text = await response.text();
  return (text ? JSON.parse(text) : undefined) as Result;
}

/** Requests for JSON, by path below /api/v1. */
export const api = {
  get: <Result>(to: string, options?: Options) => json<Result>("GET", to, undefined, options),
  post: <Result>(to: string, body?: unknown, options?: Options) => json<Result>("POST", to, body ?? {}, options),
  put: <Result>(to: string, body?: unknown, options?: Options) => json<Result>("PUT", to, body ?? {}, options),
  delete: <Result = void>(to: string, options?: Options) => json<Result>("DELETE", to, undefined, options),
};
