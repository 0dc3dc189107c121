export { api, base, path, send, url } from "./client";
export { ApiError } from "./error";
export { useConnection } from "./connection";
export { listen, useEvents } from "./events";
export { queries } from "./queries";
export type * from "./types";
