/** Says in log and metrics that Redis's clock jumped. */
import type { Logger } from "pino";
import type { Metrics } from "../process/metrics.ts";

/** Hears of each jump, ms; below 0: back. */
export function clockAnnouncer(log: Logger, { clockJumps }: Pick<Metrics, "clockJumps">): (jumpMs: number) => void {
  return (jumpMs) => {
    log.warn({ jumpMs }, "Redis's clock jumped: nothing leaves for one window");
    clockJumps.inc();
  };
}
