/** Says in log and metrics that Redis's clock jumped. */
import type { Logger } from "pino";

/** Hears of each jump, ms; below 0: back. `jumps`: the metric that counts them. */
export function clockAnnouncer(log: Logger, jumps: { inc(): void }): (jumpMs: number) => void {
  return (jumpMs) => {
    log.warn({ jumpMs }, "Redis's clock jumped: nothing leaves for one window");
    jumps.inc();
  };
}
