/** `/metrics`: for Prometheus. */
import { type Route, route } from "../http/route.ts";

export const METRIC_ROUTES: readonly Route[] = [
  route({
    name: "getMetrics",
    method: "get",
    path: "/metrics",
    role: "viewer",
    tag: "health",
    summary: "Metrics in Prometheus' text form",
    // Its look at Redis has a bound of its own, after which it says that Redis is away.
    slow: true,
    answers: { 200: { description: "Metrics", contentType: "text/plain" } },
    handle: async ({ engine, redis, metrics }) => ({ status: 200, text: await metrics.text(engine, redis) }),
  }),
];
