/** `/metrics`: for Prometheus. */
import { type Route, route } from "../route.ts";

export const METRIC_ROUTES: readonly Route[] = [
  route({
    method: "get",
    path: "/metrics",
    role: "viewer",
    tag: "health",
    summary: "Metrics in Prometheus' text form",
    answers: { 200: { description: "Metrics", contentType: "text/plain" } },
    handle: async ({ engine, metrics }) => ({ status: 200, text: await metrics.text(engine) }),
  }),
];
