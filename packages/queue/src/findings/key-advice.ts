/** Advice about a key that is not open, by its reason. */
import type { KeyState } from "../ledger/key-state.ts";
import { type Brake, brakeId } from "../safety/brakes.ts";

const REASONS: Readonly<Record<string, string>> = {
  state_lost:
    "Redis came back older than it was, or empty; nothing leaves until you say what may be sent of what was handed over until then: linkup restore",
  by_hand: "stopped by hand; nothing leaves until: linkup key resume",
  key_refused:
    "LinkUp refused the key or has no credits left; correct that, then: linkup key resume (one call in ten minutes tries by itself)",
  service_refused:
    "LinkUp itself refuses call after call: its API may have ended or moved, or LINKUP_BASE_URL is wrong; one job in ten minutes tries by itself, and: linkup key resume",
  rate_limited: "LinkUp answered 429 for the whole key; work goes on by itself after one window",
  server_errors: "half of the last answers were server errors; one call at a time tries whether it is over",
  fresh_state: "Redis knows nothing of the last window, so nothing leaves for one window",
};

/** Advice about a key that is not open; empty when it is. */
export function keyAdvice({ reason }: KeyState): string {
  return REASONS[reason] ?? reason;
}

/** Advice about a brake. */
export function brakeAdvice({ operation }: Brake): string {
  return `LinkUp itself refuses ${operation}; its jobs wait, free, one call at a time tries by itself. When it is mended: linkup key release ${brakeId(operation)}`;
}
