/** The cost of a call, in credits: from its verdict, from what its answer shows, and from what was held for it. Pure. */
import type { Verdict } from "@linkup-queue/contracts";
import type { Cost } from "@linkup-queue/linkup";

/** By its answer or, where that does not show it, as held at the gate. */
export function costOf({ charge }: Verdict, shown: Cost | null, held: number): Cost {
  if (charge === "no") return { charged: 0, uncertain: 0 };
  return charge === "unknown" ? { charged: 0, uncertain: held } : (shown ?? { charged: held, uncertain: 0 });
}
