/** One run of campaigns under kills: uploads that are struck, workers that are killed, and at the end the four places that are asked. */
import { type Archive, openArchive } from "@linkup-queue/archive";
import type { Campaigns } from "@linkup-queue/queue";
import { seededRandom } from "@linkup-queue/sandbox";
import got from "got";
import { accountIds, registerTokens } from "../load/jobs.ts";
import { uploadSlowly } from "../load/slow-upload.ts";
import { compareEvidence, type Evidence, PLACES, type Place, type Told } from "../measure/campaign-evidence.ts";
import type { System } from "../peers/system.ts";
import { startWebhookSink, type WebhookSink } from "../peers/webhook-sink.ts";
import { type CrashCrew, startCrashCrew, type Victim } from "./crash-crew.ts";
import { until, withSystem } from "./scenario.ts";

const ACCOUNTS = accountIds("acc", 20);
const TIMEOUT_MS = 3_000;
const GIVE_UP_MS = 120_000;
const PAGE = 500;

export type CrashSize = {
  campaigns: number;
  /** Of each campaign. */
  recipients: number;
  /** Kills of the api in the upload of each campaign. */
  uploadKills: number;
  /** Kills of workers while all of it is fed, sent and published. */
  workerKills: number;
};

/** Where outcomes are archived, and how to be rid of it. */
export type Backend = { name: string; address: Parameters<typeof openArchive>[0]; url: string; close: () => Promise<void> };

export type Crashed = {
  backend: string;
  evidence: Evidence;
  kills: Record<Victim, number>;
  /** Uploads whose answer never came. */
  uploadsCut: number;
  sentTwice: number;
  unknown: number;
  ended: boolean;
  /** From the last start to the moment when every place had everything. */
  doneAfterMs: number;
};

/** Runs campaigns to their end under kills, and compares what the places say. The random numbers follow `seed`. */
export async function measureCrash(size: CrashSize, { backend, seed }: { backend: Backend; seed: number }): Promise<Crashed> {
  const more = { ARCHIVE_URL: backend.url, LINKUP_WEBHOOK_ALLOW_PRIVATE: "1" };
  return await withSystem(
    {
      kind: "ours",
      limit: 100_000,
      windowMs: 60_000,
      providerLimit: null,
      workers: 0,
      scenario: { latencyMs: { min: 20, max: 120 } },
      env: { ...more, LINKUP_TIMEOUT_MS: String(TIMEOUT_MS), LOG_LEVEL: "debug" },
    },
    async (system) => {
      await registerTokens(system.engine, ACCOUNTS);
      const sink = await startWebhookSink();
      const crew = await startCrashCrew(system, more);
      const archive = openArchive(backend.address, { keyId: system.environment["LINKUP_KEY_ID"] ?? "" });
      try {
        await crew.api.ask("PUT", "/v1/webhooks/bench", { url: sink.url, secret: sink.secret, events: ["outcome"] });
        const run = new CrashRun({ size, system, crew, sink, archive, random: seededRandom(seed) });
        return { backend: backend.name, ...(await run.toTheEnd()) };
      } finally {
        await archive.close();
        await crew.close();
        await sink.close();
      }
    },
  );
}

type Parts = { size: CrashSize; system: System; crew: CrashCrew; sink: WebhookSink; archive: Archive; random: () => number };

class CrashRun {
  readonly #parts: Parts;
  readonly #campaigns: Campaigns;
  readonly #ids: string[];
  #uploadsCut = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#campaigns = parts.system.engine.campaigns;
    this.#ids = Array.from({ length: parts.size.campaigns }, (_, number) => `crash-${number}`);
  }

  async toTheEnd(): Promise<Omit<Crashed, "backend">> {
    const { crew, system } = this.#parts;
    await Promise.all([this.#uploadAll(), this.#killWorkers()]);
    const restartedMs = performance.now();
    const ended = await until(async () => (await this.#states()).every((state) => state === "ended"), { withinMs: GIVE_UP_MS });
    await until(async () => await this.#allThere(), { withinMs: GIVE_UP_MS, everyMs: 250 });
    const doneAfterMs = performance.now() - restartedMs;
    return {
      evidence: compareEvidence(this.#expected(), await this.#places()),
      kills: { ...crew.kills },
      uploadsCut: this.#uploadsCut,
      sentTwice: (await system.sandbox.summary()).repeated,
      unknown: system.outcomes.filter(({ status }) => status === "unknown").length,
      ended,
      doneAfterMs,
    };
  }

  /** One campaign after another, each started when it is in: the first are sent while the later ones come. */
  async #uploadAll(): Promise<void> {
    const { crew, size } = this.#parts;
    for (const id of this.#ids) {
      await crew.api.ask("POST", "/v1/campaigns", {
        campaignId: id,
        name: id,
        operation: "message.send",
        accountIds: ACCOUNTS,
        input: { linkedin_url: "{{linkedin_url}}", message_text: "Hello {{first_name|there}}" },
      });
      for (let kills = 0; kills < size.uploadKills; kills++) await this.#strikeUpload(id, kills);
      while (!(await this.#upload(id)));
      await crew.api.ask("POST", `/v1/campaigns/${id}/start`);
    }
  }

  /** Sends the recipients and kills the api when a part of them is in, another part for each kill. */
  async #strikeUpload(id: string, kills: number): Promise<void> {
    const { crew, size, random } = this.#parts;
    const reach = Math.floor((size.recipients * (kills + random())) / (size.uploadKills + 1));
    const over = new AbortController();
    const uploading = this.#upload(id).finally(() => over.abort());
    await until(async () => over.signal.aborted || (await this.#accepted(id)) >= reach, { withinMs: GIVE_UP_MS, everyMs: 1 });
    await crew.strike("api");
    await uploading;
  }

  /** Whether all recipients are in; false when the api was gone before it said so. */
  async #upload(id: string): Promise<boolean> {
    const { crew, size } = this.#parts;
    const { url, headers } = crew.api;
    const known = await this.#accepted(id);
    const taken = await uploadSlowly({ url: `${url}/v1/campaigns/${id}/recipients`, headers, lines: this.#lines(id), known });
    if (taken === null) this.#uploadsCut += 1;
    return taken === size.recipients;
  }

  #lines(id: string): string[] {
    return this.#recipientsOf(id).map(({ recipientId }) =>
      JSON.stringify({ recipientId, fields: { linkedin_url: `https://www.linkedin.com/in/${recipientId}`, first_name: recipientId } }),
    );
  }

  /** The worker or the feeder, at random, at points spread over the outcomes. */
  async #killWorkers(): Promise<void> {
    const { size, crew, system, random } = this.#parts;
    const total = size.recipients * size.campaigns;
    for (let kills = 0; kills < size.workerKills; kills++) {
      const due = (total * (kills + random())) / (size.workerKills + 1);
      await until(() => system.outcomes.length >= due, { withinMs: GIVE_UP_MS, everyMs: 2 });
      await crew.strike(random() < 0.5 ? "worker" : "feeder");
    }
  }

  #recipientsOf(id: string): { campaignId: string; recipientId: string }[] {
    return Array.from({ length: this.#parts.size.recipients }, (_, number) => ({ campaignId: id, recipientId: `${id}-person-${number}` }));
  }

  #expected() {
    return this.#ids.flatMap((id) => this.#recipientsOf(id));
  }

  async #accepted(id: string): Promise<number> {
    return (await this.#campaigns.read(id))?.recipients.accepted ?? 0;
  }

  async #states(): Promise<(string | undefined)[]> {
    return await Promise.all(this.#ids.map(async (id) => (await this.#campaigns.read(id))?.state));
  }

  /** Whether each place tells of as many as there are, so that nothing is counted as lost that is on its way. */
  async #allThere(): Promise<boolean> {
    const places = await this.#places();
    const count = this.#ids.length * this.#parts.size.recipients;
    return PLACES.every((place) => new Set(places[place].map(({ outcomeId }) => outcomeId)).size >= count);
  }

  async #places(): Promise<Record<Place, Told[]>> {
    const { system, sink } = this.#parts;
    return {
      export: (await Promise.all(this.#ids.map((id) => this.#exported(id)))).flat(),
      archive: (await Promise.all(this.#ids.map((id) => this.#archived(id)))).flat(),
      // Under the id of its head, which is the receiver's idempotency key.
      webhooks: [...sink.taken].map(([outcomeId, told]) => ({ ...told, outcomeId })),
      results: system.outcomes.map(({ outcomeId, campaignId, recipientId }) => ({ outcomeId: outcomeId ?? "", campaignId, recipientId })),
    };
  }

  async #exported(id: string): Promise<Told[]> {
    const { api } = this.#parts.crew;
    const text = await got(`${api.url}/v1/campaigns/${id}/results`, { headers: api.headers, searchParams: { format: "ndjson" } }).text();
    return text.trimEnd() === ""
      ? []
      : text
          .trimEnd()
          .split("\n")
          .map((line) => JSON.parse(line) as Told);
  }

  async #archived(id: string): Promise<Told[]> {
    const found: Told[] = [];
    for (let after: Parameters<Archive["list"]>[1]["after"]; ; ) {
      const page = await this.#parts.archive.list({ campaignId: id }, { after, limit: PAGE });
      for (const told of page.items) found.push(told);
      if (page.next === null) return found;
      after = page.next;
    }
  }
}
