/** `/v1/key`: the API key's own state, and the stop switch. The key itself is not known here. */
import { providerHost } from "@linkup-queue/contracts";
import type { KeyState } from "@linkup-queue/queue";
import { z } from "zod";
import { type Route, route } from "../route.ts";

const KeyOut = z
  .object({
    state: z.enum(["open", "cooling", "stopped"]),
    reason: z.string().describe("`by_hand`, `key_refused`, `rate_limited`, `server_errors`, `fresh_state`, or empty"),
    until: z.string().nullable().describe("until when nothing leaves; null when open or stopped"),
    rateLimit: z.int(),
    rateWindowMs: z.int(),
    slotsBusy: z.int().describe("slots of the window that are taken now"),
    meanHoldMs: z.number().describe("mean time from grant to answer"),
    workers: z.int(),
    openGrants: z.int().describe("calls that are out"),
    unpublished: z.int().describe("outcomes that are not on the results queue yet"),
    provider: z.string().describe("the host to which LINKUP_BASE_URL leads, as the api's settings have it"),
  })
  .meta({ id: "Key" });

/** A key's state as it is answered. */
export function keyOut({ nowMs: _nowMs, untilMs, ...key }: KeyState, baseUrl: string): z.input<typeof KeyOut> {
  return { ...key, until: untilMs === null ? null : new Date(untilMs).toISOString(), provider: providerHost(baseUrl) };
}

const tag = "key";
const shown = { description: "The state", schema: KeyOut };

export const KEY_ROUTES: readonly Route[] = [
  route({
    method: "get",
    path: "/v1/key",
    role: "viewer",
    tag,
    summary: "Show whether calls may leave, and why not",
    answers: { 200: shown },
    handle: async ({ engine, settings }) => ({ status: 200, body: keyOut(await engine.keys.read(), settings.baseUrl) }),
  }),
  route({
    method: "post",
    path: "/v1/key/pause",
    role: "admin",
    tag,
    summary: "The stop switch: nothing leaves within a second",
    answers: { 200: shown },
    handle: async ({ engine, settings, log }, { caller }) => {
      log.warn({ caller: caller?.name }, "the key was stopped by hand");
      return { status: 200, body: keyOut(await engine.keys.pause(), settings.baseUrl) };
    },
  }),
  route({
    method: "post",
    path: "/v1/key/resume",
    role: "admin",
    tag,
    summary: "Open the key again",
    answers: { 200: shown },
    handle: async ({ engine, settings, log }, { caller }) => {
      log.warn({ caller: caller?.name }, "the key was opened by hand");
      return { status: 200, body: keyOut(await engine.keys.resume(), settings.baseUrl) };
    },
  }),
];
