/**
 * 10. A campaign sent to its end with the limit lifted: how fast, and whether worker, api and Redis grow with what was done. Plain BullMQ has
 * the same recipients as jobs, all added before it begins.
 */
import { accountIds, newJob, registerTokens } from "../load/jobs.ts";
import { sendLines } from "../load/send-lines.ts";
import { type MemorySample, peakMb, watchMemory } from "../measure/memory-watch.ts";
import { NOTHING, type Row } from "../measure/row.ts";
import { middleOf, ratePerSecond } from "../measure/statistics.ts";
import type { System } from "../peers/system.ts";
import { type SystemApi, startSystemApi } from "../peers/system-api.ts";
import { type Scenario, until, withSystem } from "./scenario.ts";

const SCENARIO = "10 send";
const LARGE = 100_000;
const SMALL = 10_000;
const ACCOUNTS = 200;
const LATENCY_MS = 5;
/** The last third may take this much more than the first: a process that just started has a small heap. */
const FLAT = 1.2;
const PATH = "/v1/campaigns/send";
/** Nothing got further for so long: it hangs, and that is told. */
const STUCK_MS = 60_000;

type Kind = "ours" | "plain";
export type SendSize = { recipients: number; accounts: number };
export type Sent = { perSecond: number; outcomes: number; succeeded: number; samples: MemorySample[] };

export const campaignSend: Scenario = async ({ scale, say }) => {
  const size = { recipients: scale.full ? LARGE : SMALL, accounts: ACCOUNTS };
  say(`${size.recipients} recipients sent to the end`);
  const ours = await measureSend("ours", size);
  say(`${size.recipients} jobs of plain BullMQ`);
  const plain = await measureSend("plain", size);
  return rowsOf({ ours, plain }, size);
};

function rowsOf({ ours, plain }: Record<Kind, Sent>, { recipients }: SendSize): Row[] {
  const row = (figure: string, target: string, cells: Pick<Row, "ours" | "plain" | "met">): Row => ({
    scenario: SCENARIO,
    figure,
    target,
    ...cells,
  });
  const flat = (name: string): Row => {
    const { first, last } = thirds(ours.samples, name);
    return row(`${name} memory, peak in the first and the last third`, `flat: last <= ${FLAT} x first`, {
      ours: `${inMb(first)}, ${inMb(last)}`,
      plain: name === "api" ? NOTHING : inThirds(plain, name),
      met: last <= first * FLAT,
    });
  };
  const growth = { ours: bytesEach(ours, recipients), plain: bytesEach(plain, recipients) };
  return [
    row(`${recipients} recipients, limit lifted, one worker: succeeded`, `${recipients}`, {
      ours: `${ours.succeeded} of ${ours.outcomes} outcomes`,
      plain: `${plain.succeeded} of ${plain.outcomes}`,
      met: ours.succeeded === recipients && ours.outcomes === recipients,
    }),
    row("recipients a second from queue to results", NOTHING, {
      ours: `${Math.round(ours.perSecond)} (${(ours.perSecond / plain.perSecond).toFixed(2)} of plain)`,
      plain: `${Math.round(plain.perSecond)}`,
      met: null,
    }),
    flat("worker"),
    flat("api"),
    row("Redis memory for each recipient that ended, first and last third", `no more in the last (<= ${FLAT} x)`, {
      ours: `${growth.ours.map(Math.round).join(", ")} bytes; ${inThirds(ours, "redis")}`,
      plain: `${growth.plain.map(Math.round).join(", ")} bytes; ${inThirds(plain, "redis")}`,
      met: growth.ours[1] <= growth.ours[0] * FLAT,
    }),
  ];
}

const FIRST = { from: 0, to: 1 / 3 };
const LAST = { from: 2 / 3, to: 1 };
const inMb = (mb: number): string => `${Math.round(mb)} MB`;

function thirds(samples: readonly MemorySample[], name: string): { first: number; last: number } {
  return { first: peakMb(samples, name, FIRST), last: peakMb(samples, name, LAST) };
}

function inThirds({ samples }: Sent, name: string): string {
  const { first, last } = thirds(samples, name);
  return `${inMb(first)}, ${inMb(last)}`;
}

/** By how much Redis grew for each recipient that ended, in the first and in the last third, bytes: what it keeps of each. */
function bytesEach({ samples }: Sent, recipients: number): [number, number] {
  const grown = ({ from, to }: { from: number; to: number }): number => {
    const within = samples.filter(({ done }) => done >= from && done <= to);
    const [first, last] = [within[0], within.at(-1)];
    if (first === undefined || last === undefined || last.done === first.done) return Number.NaN;
    const mb = (last.mb["redis"] ?? Number.NaN) - (first.mb["redis"] ?? Number.NaN);
    return (mb * 1024 * 1024) / ((last.done - first.done) * recipients);
  };
  return [grown(FIRST), grown(LAST)];
}

/** Sends everything and watches the memory from the start to the last outcome. */
export async function measureSend(kind: Kind, size: SendSize): Promise<Sent> {
  const lifted = { limit: 100_000, windowMs: 60_000, providerLimit: null };
  return await withSystem({ kind, ...lifted, workers: 0, scenario: { latencyMs: LATENCY_MS } }, async (system) => {
    if (kind === "plain") return await sendPlain(system, size);
    const api = await startSystemApi(system);
    try {
      return await sendCampaign(system, api, size);
    } finally {
      await api.close();
    }
  });
}

async function sendCampaign(system: System, api: SystemApi, { recipients, accounts }: SendSize): Promise<Sent> {
  const accountsOfIt = accountIds("acc", accounts);
  await registerTokens(system.engine, accountsOfIt);
  await api.ask("POST", "/v1/campaigns", {
    campaignId: "send",
    name: "Send",
    operation: "message.send",
    accountIds: accountsOfIt,
    input: { linkedin_url: "{{linkedin_url}}", message_text: "Hello {{first_name|there}}" },
  });
  await sendLines({
    url: `${api.url}${PATH}/recipients`,
    headers: api.headers,
    lines: recipientLines(recipients),
    onLine: () => undefined,
  });
  const worker = await system.startWorker();
  return await watch(system, {
    recipients,
    pids: { worker: worker.pid, api: api.process().pid },
    begin: async () => void (await api.ask("POST", `${PATH}/start`)),
    // Somebody watches: the api works as well while the campaign runs.
    meanwhile: async () => void (await api.ask("GET", PATH)),
  });
}

async function sendPlain(system: System, { recipients, accounts }: SendSize): Promise<Sent> {
  const ids = accountIds("acc", accounts);
  await system.add(
    Array.from({ length: recipients }, (_, number) => newJob("messages", ids[number % ids.length] ?? "", { person: `person-${number}` })),
  );
  const worker = await system.startWorker();
  return await watch(system, { recipients, pids: { worker: worker.pid } });
}

type Run = {
  recipients: number;
  pids: Readonly<Record<string, number>>;
  begin?: () => Promise<void>;
  meanwhile?: () => Promise<void>;
};

async function watch(system: System, { recipients, pids, begin, meanwhile }: Run): Promise<Sent> {
  const { outcomes } = system;
  const memory = watchMemory({ pids, redis: system.redis, progress: () => outcomes.length / recipients });
  await begin?.();
  let seen = 0;
  let movedMs = performance.now();
  await until(
    async () => {
      await meanwhile?.();
      if (outcomes.length > seen) {
        seen = outcomes.length;
        movedMs = performance.now();
      }
      return seen >= recipients || performance.now() - movedMs > STUCK_MS;
    },
    { withinMs: Number.POSITIVE_INFINITY, everyMs: 250 },
  );
  const samples = await memory.stop();
  const times = middleOf(
    outcomes.map(({ atMs }) => atMs),
    { head: 0.1, tail: 0.05 },
  );
  return {
    perSecond: ratePerSecond(times),
    outcomes: outcomes.length,
    succeeded: outcomes.filter(({ status }) => status === "succeeded").length,
    samples,
  };
}

function* recipientLines(count: number): Generator<string> {
  for (let number = 0; number < count; number++) {
    yield JSON.stringify({ linkedin_url: `https://www.linkedin.com/in/person-${number}`, first_name: `Name${number % 9_973}` });
  }
}
