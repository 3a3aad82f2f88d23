/** 8. Campaigns: a great many recipients over HTTP, what they take, and how soon the campaign obeys; beside it plain `addBulk` of as many. */
import { LinkupError } from "@linkup-queue/contracts";
import { z } from "zod";
import { accountIds, tokenOf } from "../load/jobs.ts";
import { sendLines } from "../load/send-lines.ts";
import { millis, NOTHING, type Row } from "../measure/row.ts";
import { type Waits, waitsRow } from "../measure/waits.ts";
import { type ApiProcess, startApiProcess } from "../peers/api-process.ts";
import { addPlain } from "./door.ts";
import type { Context, Scenario } from "./scenario.ts";

const SCENARIO = "8 campaigns";
const LARGE = 1_000_000;
const SMALL = 200_000;
/** Jobs that plain BullMQ adds; its time for all recipients is extrapolated from them. */
const PLAIN = 100_000;
const ACCOUNTS = accountIds("acc", 20);
const COMPANIES = ["Acme", "Globex", "Initech", "Umbrella", "Hooli", "Stark", "Wayne", "Wonka"];
const PATH = "/v1/campaigns/bench";
const Answer = z.object({ accepted: z.int(), rejectedCount: z.int() });

type Measured = { seconds: number; waits: Waits; peakMb: number; redisMb: number; pauseMs: number; cancelMs: number };

export const campaigns: Scenario = ({ scale, say }) => measureCampaigns({ count: scale.full ? LARGE : SMALL, plain: PLAIN }, say);

/** The scenario with `count` recipients, beside `plain` jobs of BullMQ. */
export async function measureCampaigns({ count, plain }: { count: number; plain: number }, say: Context["say"]): Promise<Row[]> {
  say(`plain addBulk of ${plain} jobs`);
  const plainSeconds = count / (await addPlain(plain));
  say(`${count} recipients, and other requests meanwhile`);
  const api = await startApiProcess();
  try {
    return rowsOf(await upload(api, count), { count, plain, plainSeconds });
  } finally {
    await api.close();
  }
}

function rowsOf(measured: Measured, { count, plain, plainSeconds }: { count: number; plain: number; plainSeconds: number }): Row[] {
  const share = count / LARGE;
  const scaled = share === 1 ? "" : ` (${share} of the full size's)`;
  const row = (figure: string, target: string, cells: { ours: string; met: boolean; plain?: string }): Row => ({
    scenario: SCENARIO,
    figure,
    target,
    plain: NOTHING,
    ...cells,
  });
  return [
    row(`${count} recipients accepted`, `< ${30 * share} s${scaled}`, {
      ours: `${measured.seconds.toFixed(1)} s (${Math.round(count / measured.seconds)} a second)`,
      plain: `${plainSeconds.toFixed(1)} s by addBulk, extrapolated from ${plain} jobs`,
      met: measured.seconds < 30 * share,
    }),
    row("api peak memory", "< 200 MB", { ours: `${Math.round(measured.peakMb)} MB`, met: measured.peakMb < 200 }),
    row("Redis memory", `< ${300 * share} MB${scaled}`, {
      ours: `${Math.round(measured.redisMb)} MB`,
      met: measured.redisMb < 300 * share,
    }),
    row("pause", "< 1 s", { ours: millis(measured.pauseMs), met: measured.pauseMs < 1_000 }),
    row("cancel", "< 1 s", { ours: millis(measured.cancelMs), met: measured.cancelMs < 1_000 }),
    { scenario: SCENARIO, ...waitsRow(measured.waits) },
  ];
}

async function upload(api: ApiProcess, count: number): Promise<Measured> {
  for (const id of ACCOUNTS) await api.ask("PUT", `/v1/accounts/${id}`, { login_token: tokenOf(id) });
  await api.ask("POST", "/v1/campaigns", {
    campaignId: "bench",
    name: "Bench",
    operation: "message.send",
    accountIds: ACCOUNTS,
    input: { linkedin_url: "{{linkedin_url}}", message_text: "Hello {{first_name|there}} of {{company}}" },
  });
  const { result: seconds, ...waits } = await api.probeWhile(() => sendRecipients(api, count));
  const redisMb = await api.redisMb();
  await api.ask("POST", `${PATH}/start`);
  const pauseMs = await timed(() => api.ask("POST", `${PATH}/pause`));
  await api.ask("POST", `${PATH}/resume`);
  const cancelMs = await timed(() => api.ask("POST", `${PATH}/cancel`));
  return { seconds, waits, redisMb, pauseMs, cancelMs, peakMb: await api.peakMb() };
}

/** Answers the seconds from the first byte to the answer. Throws unless every recipient was accepted. */
async function sendRecipients({ url, headers }: ApiProcess, count: number): Promise<number> {
  let text = "";
  const fromMs = performance.now();
  await sendLines({
    url: `${url}${PATH}/recipients`,
    headers,
    lines: recipientLines(count),
    onLine: (line) => {
      text += line;
    },
  });
  const seconds = (performance.now() - fromMs) / 1000;
  const { accepted, rejectedCount } = Answer.parse(JSON.parse(text));
  if (accepted !== count) throw new LinkupError("internal_error", `${accepted} of ${count} recipients accepted, ${rejectedCount} rejected`);
  return seconds;
}

function* recipientLines(count: number): Generator<string> {
  for (let index = 0; index < count; index++) {
    // Spread over the range, as members' names are: neighbours would compress better than people do.
    const id = ((index * 2_654_435_761) % 4_294_967_296).toString(36);
    yield JSON.stringify({
      linkedin_url: `https://www.linkedin.com/in/member-${id}-${index.toString(36)}`,
      first_name: `Name${index % 9_973}`,
      company: COMPANIES[index % COMPANIES.length],
      title: `Head of ${index % 211}`,
    });
  }
}

async function timed(change: () => Promise<void>): Promise<number> {
  const fromMs = performance.now();
  await change();
  return performance.now() - fromMs;
}
