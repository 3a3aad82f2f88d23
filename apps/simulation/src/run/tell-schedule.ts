/** A schedule and what happened in it, as lines for people. */
import type { Fault, Plan } from "../plan/plan.ts";
import type { Report } from "../world/world.ts";

export function tellSchedule(plan: Plan, { broken, trace }: Report): string {
  const { seed, workers, replicas, limit, accounts, jobs, faults } = plan;
  return [
    `seed ${seed}: ${workers} workers, ${replicas} replicas, ${limit} requests in a window`,
    ...accounts.map(({ id, hasToken, max }) => `  account ${id}: ${hasToken ? "has a token" : "has to log in"}, ${max} at once`),
    ...jobs.map(
      ({ name, operation, account, priority, atMs }) =>
        `  ${name}: ${operation} by ${account}, priority ${priority}, added after ${atMs} ms`,
    ),
    ...faults.map(
      (fault) => `  at step ${fault.at}${fault.of === "any" ? "" : ` of ${fault.of}`}, ${fault.side} its command: ${tellFault(fault)}`,
    ),
    "",
    ...trace.map((line) => `  ${line}`),
    "",
    ...broken.map((text) => `BROKEN ${text}`),
    `again: npm run fuzz -- --seed ${seed}`,
  ].join("\n");
}

function tellFault(fault: Fault): string {
  switch (fault.kind) {
    case "kill":
      return "the process that acts is killed";
    case "freeze":
      return `the process that acts is frozen for ${fault.ms} ms`;
    case "cut":
      return "the connections of the process that acts are cut";
    case "pause":
      return `account ${fault.account} is paused for ${fault.ms} ms`;
    case "stop":
      return `the key is stopped for ${fault.ms} ms`;
    case "back":
      return fault.isFlushed ? "Redis is flushed" : `Redis comes back without its last ${fault.lacks} writes or more`;
    case "jump":
      return `Redis's clock steps by ${fault.ms} ms`;
    case "failover":
      return `replica ${fault.replica} is promoted${fault.splitMs === 0 ? "" : `; process ${fault.staying} stays with the former master for ${fault.splitMs} ms${fault.othersStay ? ", and so do the other replicas" : ""}`}`;
  }
}
