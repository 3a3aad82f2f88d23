/** Bad days that come with a file: lists, texts and addresses as people have them, and a list that is sent again. */
import got from "got";
import { ADDRESSES, LISTS, TEXTS } from "../load/bad-days.ts";
import { newJob, personOf } from "../load/jobs.ts";
import type { System } from "../peers/system.ts";
import { type SystemApi, startSystemApi } from "../peers/system-api.ts";
import { ACCOUNTS, calls, type Kind, quiet, RETRIES, type Spent, spentBy, systemOf, withAccounts } from "./bad-days-system.ts";

const GREETING = "Hello {{first_name|there}}";
const ERRORS = /#N\/A|#REF!|null|undefined/;

export async function measureLists(kind: Kind): Promise<Spent & { strangers: number; misnamed: number }> {
  return await withAccounts(systemOf(kind, {}), async (system) => {
    const greetings = kind === "ours" ? await importLists(system) : await splitLists(system);
    await quiet(system);
    const people = new Set(LISTS.flatMap((list) => list.people));
    const written = (await calls(system)).filter(({ status }) => status === 200).map(({ target }) => personOf(target));
    return {
      ...(await spentBy(system)),
      strangers: written.filter((person) => !people.has(person)).length,
      misnamed: greetings.filter((text) => ERRORS.test(text)).length,
    };
  });
}

/** Each list as a campaign, over HTTP, as a person imports it. Answers what was written. */
async function importLists(system: System): Promise<string[]> {
  const api = await startSystemApi(system);
  try {
    for (const [n, { text }] of LISTS.entries()) {
      const campaignId = `list-${n}`;
      const input = { linkedin_url: "{{linkedin_url}}", message_text: GREETING };
      await api.ask("POST", "/v1/campaigns", { campaignId, name: campaignId, operation: "message.send", accountIds: ACCOUNTS, input });
      const headers = { ...api.headers, "content-type": "text/csv" };
      await got.post(`${api.url}/v1/campaigns/${campaignId}/recipients`, { headers, body: text, retry: { limit: 0 } });
      // Cells that the import doubted were read; errors in cells count as empty.
      await api.ask("POST", `/v1/campaigns/${campaignId}/start`, { allowDoubtfulText: true });
    }
    await quiet(system);
    const jobs = await system.queue("messages").getJobs(["completed"]);
    return jobs.map(({ data }) => String((data as { input: { message_text?: unknown } }).input.message_text));
  } finally {
    await api.close();
  }
}

/** The loop that everybody writes first: a row is a line, a cell is what stands between commas. Answers what was written. */
async function splitLists(system: System): Promise<string[]> {
  const jobs = LISTS.flatMap(({ text }) =>
    text
      .trim()
      .split("\n")
      .slice(1)
      .map((line) => line.split(","))
      .filter(([url = ""]) => url.startsWith("https://"))
      .map(([url = "", name = ""], n) => {
        const job = newJob("messages", ACCOUNTS[n % ACCOUNTS.length] ?? "", { person: personOf(url), opts: RETRIES });
        const message_text = GREETING.replace("{{first_name|there}}", name === "" ? "there" : name);
        return { ...job, data: { ...job.data, input: { ...job.data.input, message_text } } };
      }),
  );
  await system.add(jobs);
  return jobs.map(({ data }) => data.input.message_text);
}

type Line = { linkedin_url: string; message_text: string };

const accountOf = (n: number) => ACCOUNTS[n % ACCOUNTS.length] ?? "";
const addressOf = (person: string) => `https://www.linkedin.com/in/${person}`;

async function withApi<T>(system: System, use: (api: SystemApi) => Promise<T>): Promise<T> {
  const api = await startSystemApi(system);
  try {
    return await use(api);
  } finally {
    await api.close();
  }
}

/** A job for each line: by ours at the door, under one key; by the peer with the line's number as its id, where the line looks right. */
async function sendLines(system: System, lines: readonly Line[], key: string): Promise<void> {
  const jobs = lines.map((input, n) => ({ operation: "message.send", accountId: accountOf(n), input }));
  if (system.kind === "ours") {
    await withApi(system, async ({ url, headers }) => {
      const options = { headers: { ...headers, "idempotency-key": key, "content-type": "application/x-ndjson" }, retry: { limit: 0 } };
      await got.post(`${url}/v1/jobs/batch`, { ...options, body: jobs.map((job) => JSON.stringify(job)).join("\n") });
    });
    return;
  }
  const looksRight = ({ linkedin_url }: Line) => linkedin_url.startsWith("https://");
  await system.add(
    jobs.flatMap(({ accountId, input }, n) => {
      const job = newJob("messages", accountId, { person: "", opts: { ...RETRIES, jobId: `${key}-${n}` } });
      return looksRight(input) ? [{ ...job, data: { accountId, input } }] : [];
    }),
  );
}

/** A list of `count` with a wrong second row; sent again without that row, and the person of it at the end. */
export async function measureResent(kind: Kind, count: number): Promise<Spent & { twice: number; never: number }> {
  const people = Array.from({ length: count }, (_, n) => `resent-${n}`);
  const line = (person: string): Line => ({ linkedin_url: addressOf(person), message_text: `Hello ${person}` });
  const [first = "", wrong = "", ...others] = people;
  return await withAccounts(systemOf(kind, {}), async (system) => {
    await sendLines(system, [line(first), { ...line(wrong), linkedin_url: "not-an-address" }, ...others.map(line)], "monday");
    await quiet(system);
    await sendLines(system, [first, ...others, wrong].map(line), "monday");
    await quiet(system);
    const written = Map.groupBy(await calls(system), ({ target }) => personOf(target));
    const times = people.map((person) => written.get(person)?.length ?? 0);
    return { ...(await spentBy(system)), twice: times.filter((n) => n > 1).length, never: times.filter((n) => n === 0).length };
  });
}

/** Texts of another notation, as campaigns or as a loop that fills in what it knows. */
export async function measureTexts(kind: Kind, perText: number): Promise<Spent> {
  const listOf = (n: number) =>
    Array.from({ length: perText }, (_, at) => ({ linkedin_url: addressOf(`text-${n}-${at}`), first_name: `Ann ${at}` }));
  return await withAccounts(systemOf(kind, {}), async (system) => {
    if (kind === "ours") {
      await withApi(system, async (api) => {
        for (const [n, message_text] of TEXTS.entries()) await startCampaign(api, `text-${n}`, { message_text, people: listOf(n) });
      });
    } else {
      const fill = (text: string, name: string) => text.replaceAll(/\{\{first_name(?:\|[^}]*)?\}\}/g, name);
      const filled = TEXTS.map((text, n) =>
        listOf(n).map(({ linkedin_url, first_name }) => ({ linkedin_url, message_text: fill(text, first_name) })),
      );
      await sendLines(system, filled.flat(), "texts");
    }
    await quiet(system);
    return await spentBy(system);
  });
}

/** A campaign as a person starts it; one that is refused stays a draft. */
async function startCampaign(
  api: SystemApi,
  id: string,
  { message_text, people }: { message_text: string; people: readonly object[] },
): Promise<void> {
  const options = { headers: api.headers, retry: { limit: 0 }, throwHttpErrors: false } as const;
  const input = { linkedin_url: "{{linkedin_url}}", message_text };
  await got.post(`${api.url}/v1/campaigns`, {
    ...options,
    json: { campaignId: id, name: id, operation: "message.send", accountIds: ACCOUNTS, input },
  });
  await got.post(`${api.url}/v1/campaigns/${id}/recipients`, {
    ...options,
    headers: { ...api.headers, "content-type": "application/x-ndjson" },
    body: people.map((person) => JSON.stringify(person)).join("\n"),
  });
  await got.post(`${api.url}/v1/campaigns/${id}/start`, { ...options, json: {} });
}

/** `wrong`: calls about an address that is nobody's profile. */
export async function measureAddresses(kind: Kind): Promise<Spent & { wrong: number }> {
  return await withAccounts(systemOf(kind, {}), async (system) => {
    await sendLines(
      system,
      ADDRESSES.map(({ copied }) => ({ linkedin_url: copied, message_text: "Hello" })),
      "addresses",
    );
    await quiet(system);
    const profiles = new Set(ADDRESSES.map(({ person }) => addressOf(person)));
    const wrong = (await calls(system)).filter(({ target }) => !profiles.has((target ?? "").replace(/\/$/, ""))).length;
    return { ...(await spentBy(system)), wrong };
  });
}
