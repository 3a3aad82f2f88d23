/** The producers' HTTP api, for its own main and for tests and benchmarks that run one in their process. */

export { ROUTES } from "./routes.ts";
export { type Api, type ApiOptions, startApi } from "./start-api.ts";
