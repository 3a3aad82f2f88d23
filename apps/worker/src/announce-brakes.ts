/** Brakes for people: one line when one is put on or taken off, never one for each job that waits. */
import { type BrakeEvent, restUntil } from "@linkup-queue/queue";
import type { Logger } from "pino";

const LINES: Record<BrakeEvent["kind"], string> = {
  braked: "LinkUp itself refuses an operation: it is braked, its jobs wait, free, and one call at a time probes",
  stopped: "LinkUp itself refuses call after call: the key is stopped, all jobs wait, free, and one probes every ten minutes",
  opened: "LinkUp takes an operation again: its brake is off",
  key_opened: "LinkUp answers again: the key is open",
  rests: "LinkedIn limits an account: what it limits rests, its jobs wait, free, all others go on",
};

export function announceBrakes(log: Logger, events: readonly BrakeEvent[]): void {
  for (const one of events) {
    const { kind, operation } = one;
    const bad = kind === "braked" || kind === "stopped" || kind === "rests";
    const details = {
      operation,
      ...("cause" in one ? { cause: one.cause } : {}),
      ...("nextProbeMs" in one ? { nextProbeAt: new Date(one.nextProbeMs).toISOString() } : {}),
      ...(kind === "rests" ? { accountId: one.account, scope: one.scope, until: restUntil(one.untilMs) } : {}),
    };
    if (bad) log.warn(details, LINES[kind]);
    else log.info(details, LINES[kind]);
  }
}
