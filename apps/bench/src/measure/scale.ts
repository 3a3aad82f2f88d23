/** How big a run is: the window of the provider, and what follows from it. Data alone. */
import type { Limit } from "./rate-windows.ts";

export type Scale = Limit & {
  full: boolean;
  /** A long call, ms: 10 s at full size, as much of a window when scaled. */
  longCallMs: number;
};

export const SCALED: Scale = { full: false, limit: 60, windowMs: 6_000, longCallMs: 1_000 };
export const FULL: Scale = { full: true, limit: 300, windowMs: 60_000, longCallMs: 10_000 };
