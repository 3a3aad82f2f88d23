/** `/healthz` and `/readyz`: alive; ready to accept. Open to all, so they tell states and no names but the provider's. */
import { providerHost } from "@linkup-queue/contracts";
import { KEY_REASONS, KEY_STATES } from "@linkup-queue/queue";
import { z } from "zod";
import { errorBody, toLinkupError } from "../http/api-error.ts";
import { oneOf } from "../http/one-of.ts";
import { type Route, route } from "../http/route.ts";

/** A probe waits no longer for Redis, ms: Kubernetes gives up after one second by default. */
const PROBE_MS = 900;

const ReadyResponse = z
  .object({
    ready: z.boolean(),
    redis: z
      .enum(["answers", "away", "refuses"])
      .describe("`refuses`: it answers and takes no writes, as when it is full or a replica, or keeps another version's layout"),
    key: z
      .object({ state: oneOf(KEY_STATES), reason: oneOf(KEY_REASONS) })
      .nullable()
      .describe("a stopped key is no reason not to be ready: jobs are accepted and wait"),
    workers: z.int().nullable(),
    provider: z.string().describe("the host to which LINKUP_BASE_URL leads"),
  })
  .meta({ id: "Readiness" });

export const HEALTH_ROUTES: readonly Route[] = [
  route({
    name: "getHealth",
    method: "get",
    path: "/healthz",
    role: "none",
    tag: "health",
    summary: "Whether the process is alive",
    answers: { 200: { description: "It is", schema: z.object({ status: z.literal("ok") }).meta({ id: "Health" }) } },
    handle: () => Promise.resolve({ status: 200, body: { status: "ok" } }),
  }),
  route({
    name: "getReadiness",
    method: "get",
    path: "/readyz",
    role: "none",
    tag: "health",
    summary: "Whether jobs can be accepted, and whether calls may leave",
    answers: {
      200: { description: "Ready", schema: ReadyResponse },
      503: { description: "Redis does not answer or takes no writes, or the process is stopping", schema: ReadyResponse },
    },
    handle: async ({ settings, engine, redis: wait, log, trouble, stopping }) => {
      const provider = providerHost(settings.baseUrl);
      try {
        const { state, reason, workers } = await wait.within(() => engine.keys.read(), PROBE_MS);
        const ready = !stopping.aborted;
        return { status: ready ? 200 : 503, body: { ready, redis: "answers", key: { state, reason }, workers, provider } };
      } catch (thrown) {
        const error = toLinkupError(thrown);
        trouble.count({ name: `not ready ${error.message}`, message: error.message }, () => log.warn(errorBody(error), "not ready"));
        const redis = error === thrown && error.code === "redis_unreachable" ? "away" : "refuses";
        return { status: 503, body: { ready: false, redis, key: null, workers: null, provider } };
      }
    },
  }),
];
