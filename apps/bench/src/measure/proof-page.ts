/** The page of what was run under fire, with its totals over all recorded runs. */
import { CHAOS_HEAD, chaosCells, recordedRuns, totalsOf } from "./chaos-record.ts";

const rowOf = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

export function proofPage(): string {
  const runs = recordedRuns();
  const totals = totalsOf(runs);
  const sum = (of: "sends" | "kills" | "failovers" | "doubled" | "lost" | "conflicting") =>
    totals.reduce((all, total) => all + total[of], 0);
  const days = runs.map(({ at }) => at.slice(0, 10)).sort();
  const servers = [...Map.groupBy(runs, ({ server }) => server)].map(([server, own]) => rowOf([server, String(own.length)]));
  return `# Proof under fire

Made by \`npm run docs\` from [chaos.ndjson](proof/chaos.ndjson), where each run is one line with its date. To repeat it: \`npm run bench -- --only chaos\` (120 sends, one run of each trouble),
with \`--full\` 240 sends and three runs, with \`--record\` added here, with \`--trouble "FLUSHALL,older AOF"\` those alone. Each run has 24 accounts, two workers as processes of their own, and a Redis that keeps every write; \`LINKUP_REDIS_REPLICAS\`
is the number of all replicas. The sandbox counts what reached it and refuses nothing.

${runs.length} runs from ${days[0] ?? "-"} to ${days.at(-1) ?? "-"}: ${sum("sends")} sends, ${sum("kills")} processes killed, ${sum("failovers")} failovers and moves of a slot;
${sum("doubled")} doubled, ${sum("lost")} lost, ${sum("conflicting")} told in two ways. Limits and recoveries are the worst of all runs.

${rowOf(CHAOS_HEAD)}
${rowOf(CHAOS_HEAD.map(() => "---"))}
${totals.map((total) => rowOf(chaosCells(total))).join("\n")}

- **Doubled**: the same message to the same person, as the provider saw it. **Lost**: accepted, and without an outcome when all had ended. **Conflicting**: jobs of which two different things were told.
- **Most in a window**: of requests, in any window of six seconds, beside the limit that was set.
- **Seconds to recover**: the longest time, from the trouble on, in which nothing reached the provider: the sentinels agree, locks of jobs run out, and a full rate window is
  waited for, too. While one worker goes on, it does not show how long another was cut off. On a busy machine all of it takes longer.
- **Unknown**: jobs told as such, since their worker was gone, or cut off from Redis, between the mark of a send and its settlement; none of them is sent again.
- **A state that is lost**: jobs without an outcome are handed over again, and a person says that nothing may go out twice, so all of them are told unknown and nothing more is sent. Jobs that were told succeeded in the time
  that is missing stay so, as their workers settle them again ([decision 55](decisions/0055-ends-told-in-a-lost-time-are-settled-again.md)); a run of 2026-11-30 before that, which is left out, told 32 of 120 in two ways.
- **Left out, too**: a run of 2026-12-01 in which 3 of 120 were lost: their outcomes were kept and never came onto \`results\`. The sweep dropped a mark that a failover had taken back and a worker had just written again; since then it stays (\`outbox.test\`).
- **Uncertain credits**: of calls whose answer came to nobody; a late answer makes them certain.

These runs have no seed: processes are killed for real, at whatever the machine is busy with, and no run can be replayed.

## Servers

| server | runs |
| --- | --- |
${servers.join("\n")}

A \`redis-server\` or else a \`valkey-server\` on the path, or an image in Docker, is what tests and runs take ([find-redis-server.ts](../packages/testkit/src/redis/find-redis-server.ts)).
`;
}
