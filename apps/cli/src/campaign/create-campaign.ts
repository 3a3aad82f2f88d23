/** Makes a campaign, a draft, and fills it at once where a list is given. */
import { randomUUID } from "node:crypto";
import { describeIssues, type Issue, issuesOf, LinkupError } from "@linkup-queue/contracts";
import { CampaignDefinition, campaignView, type Engine } from "@linkup-queue/queue";
import { withEngine } from "../engine/with-engine.ts";
import type { ConsoleIo } from "../terminal/console-io.ts";
import { openSource, type Source } from "../terminal/open-source.ts";
import type { Report, Section } from "../terminal/report.ts";
import { campaignReport } from "./campaign-report.ts";
import { findCampaign } from "./find-campaign.ts";
import { importRecipients, importReport, type TableOptions } from "./import-recipients.ts";
import { readSteps, readTemplate } from "./read-template.ts";

export type CreateOptions = TableOptions & {
  id?: string;
  operation?: string;
  account: readonly string[];
  input?: readonly string[];
  /** A file. */
  steps?: string;
  priority?: string;
  maxCredits?: number;
  startAt?: string;
  expiresAt?: string;
  onUnknown?: string;
  handover?: true;
  stopOnReply?: true;
  recipients?: string;
  format?: "ndjson" | "csv";
};

/** Members of the definition, as they are called here. */
const WORDS: Readonly<Record<string, string>> = {
  name: "its name",
  operation: "--operation",
  accountIds: "--account",
  priority: "--priority",
  maxCredits: "--max-credits",
  startAt: "--start-at",
  expiresAt: "--expires-at",
  input: "--input",
  steps: "--steps",
};

/** A definition that is refused, in the words of the command line. */
export function refuseDefinition(issues: readonly Issue[]): LinkupError {
  const words = issues.map(({ path, message }) => {
    const [first = "", ...rest] = path.split(".");
    return { path: [WORDS[first] ?? first, ...rest].join(" "), message };
  });
  return new LinkupError("invalid_input", `The campaign is not valid: ${describeIssues(words)}`, { issues: words });
}

async function readDefinition(io: ConsoleIo, name: string, options: CreateOptions): Promise<CampaignDefinition> {
  const { operation, account: accountIds, priority, maxCredits, startAt, expiresAt, onUnknown, handover, stopOnReply } = options;
  const input = options.input && (await readTemplate({ parts: options.input, operation: operation ?? "", folder: io.folder }));
  const steps = options.steps === undefined ? undefined : await readSteps(options.steps, io.folder);
  const given = { name, operation, accountIds, input, steps, priority, maxCredits, startAt, expiresAt, onUnknown, handover, stopOnReply };
  const parsed = CampaignDefinition.safeParse(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)));
  if (!parsed.success) throw refuseDefinition(issuesOf(parsed.error));
  return parsed.data;
}

/** The report of `linkup campaign create`. */
export async function createCampaign(io: ConsoleIo, name: string, options: CreateOptions): Promise<Report> {
  const definition = await readDefinition(io, name, options);
  // Before anything is made: a wrong name of a file leaves no draft behind.
  const source = options.recipients === undefined ? null : await openRecipients(io, options.recipients, options);
  const id = options.id ?? `camp-${randomUUID()}`;
  const work = async (engine: Engine): Promise<Report> => {
    const made = await engine.campaigns.create(id, definition).catch((thrown: unknown) => {
      const { issues } = LinkupError.from(thrown);
      throw issues === null ? thrown : refuseDefinition(issues);
    });
    const said = made.created ? `Campaign ${id} is made, a draft.` : `Campaign ${id} was made before, just so; nothing was changed.`;
    if (source === null) return await createdReport(engine, { id, said, created: made.created });
    const imported = importReport(id, await importRecipients(io, engine, { source, campaign: made, options }));
    const { json, sections, exitCode } = await createdReport(engine, { id, said, created: made.created });
    return {
      json: { ...json, imported: imported.json },
      sections: [...imported.sections, ...sections],
      exitCode: imported.exitCode ?? exitCode,
    };
  };
  return withEngine(io, work, { accepts: true });
}

/** The list that is imported, opened. */
export function openRecipients(io: ConsoleIo, file: string, { format }: Pick<CreateOptions, "format">): Promise<Source> {
  return openSource(io, { file, format, whenTerminal: "Nothing comes on stdin: name a file, or pipe one in" });
}

type Created = { id: string; said: string; created: boolean };

async function createdReport(engine: Engine, { id, said, created }: Created): Promise<Report & { json: object; exitCode: number }> {
  const campaign = await findCampaign(engine, id);
  const load = await engine.load([campaign]);
  const view = campaignView(campaign, load);
  const report = campaignReport(view, load, said);
  const next = view.recipients.accepted === 0 ? `linkup campaign import ${id} <file>` : `linkup campaign start ${id}`;
  const advice: Section[] = view.state === "draft" ? [{ kind: "line", text: `Go on with: ${next}`, terminalOnly: true }] : [];
  return { json: { created, ...view }, sections: [...report.sections, ...advice], exitCode: 0 };
}
