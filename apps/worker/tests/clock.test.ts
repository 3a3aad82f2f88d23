/** Redis's clock jumps under a worker that beats: the key is closed for one window, and it is told. */
import { TroubleTeller } from "@linkup-queue/contracts";
import { V1_PRICES } from "@linkup-queue/linkup/prices";
import { connectRedis, createEngine, KeptEnds, WaitingLine } from "@linkup-queue/queue";
import { START_MS, TEST_REDIS_CALL } from "@linkup-queue/testkit";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startBeat } from "../src/beside/beat.ts";
import { StateWatch } from "../src/beside/state-watch.ts";
import { createMetrics } from "../src/process/metrics.ts";
import { clockAnnouncer } from "../src/told/announce-clock.ts";
import { type System, startSystem } from "./fixture.ts";

let system: System;
beforeAll(async () => {
  system = await startSystem({ workers: 0, takesResults: false });
});
afterAll(async () => system.close());

test.each([
  ["forward", 30_000],
  ["back", -30_000],
])("a jump %s", async (way, byMs) => {
  const { settings } = system;
  const client = await connectRedis(settings.redis);
  const config = { ...settings, keyId: `${settings.keyId}-${way}` };
  const metrics = createMetrics();
  const told = Promise.withResolvers<Record<string, unknown>>();
  const log = pino({ level: "warn" }, { write: (text: string) => told.resolve(JSON.parse(text) as Record<string, unknown>) });
  const engine = createEngine({
    client,
    config,
    secrets: system.engine.secrets,
    prices: V1_PRICES,
    scriptOptions: { redisCall: TEST_REDIS_CALL },
    onClockJump: clockAnnouncer(log, metrics.clockJumps),
  });
  const line = new WaitingLine(engine.gate, { maxInFlight: 1 });
  let beats = 0;
  // Between two beats as much time passes for Redis as for the worker, and the jump.
  const beganMs = performance.now();
  const setClock = async (jumpMs: number) =>
    await client.set(`${engine.scripts.tag}:test-clock`, Math.round(START_MS + jumpMs + performance.now() - beganMs));
  await setClock(0);
  await engine.keys.start({ worker: "w", apiKey: way, secrets: engine.secrets, fresh: true });
  const random = Math.random;
  const trouble = new TroubleTeller(log);
  const beat = startBeat({ engine, settings, line, log, metrics, random, trouble }, "w", {
    version: "0.1.0",
    state: new StateWatch({ engine, notes: null, keptEnds: new KeptEnds(), onError: () => undefined }),
    onError: (error) => told.reject(error),
    onAnswered: () => undefined,
    onBeat: () => {
      beats += 1;
      if (beats === 1) void setClock(byMs + 5_000);
    },
  });
  try {
    expect(await told.promise).toMatchObject({ msg: "Redis's clock jumped: nothing leaves for one window" });
    await beat.stop();
    expect(await engine.keys.read()).toMatchObject({ state: "cooling", reason: "fresh_state" });
    const { clockJump } = await engine.keys.read();
    expect(Math.sign(clockJump?.byMs ?? 0)).toBe(Math.sign(byMs));
    expect((await metrics.text()).text).toMatch(/^linkup_redis_clock_jumps_total 1$/m);
  } finally {
    await beat.stop();
    await engine.close();
    client.disconnect();
  }
});
