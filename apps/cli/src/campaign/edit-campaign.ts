/** Changes a draft or a paused campaign; what is left out stays as it is. */
import { LinkupError } from "@linkup-queue/contracts";
import { type CampaignChange, type CampaignDefinition, campaignView, changedDefinition, type Engine } from "@linkup-queue/queue";
import { withEngine } from "../engine/with-engine.ts";
import { type ConsoleIo, UsageError } from "../terminal/console-io.ts";
import type { Report } from "../terminal/report.ts";
import { campaignReport } from "./campaign-report.ts";
import { refuseDefinition } from "./create-campaign.ts";
import { findCampaign } from "./find-campaign.ts";
import { readSteps, readTemplate } from "./read-template.ts";

/** Takes a bound or a moment away. */
export const NONE = "none";

export type EditOptions = {
  name?: string;
  account?: readonly string[];
  input?: readonly string[];
  /** A file. */
  steps?: string;
  priority?: CampaignDefinition["priority"];
  maxCredits?: number | typeof NONE;
  startAt?: string;
  expiresAt?: string;
  handover?: boolean;
  stopOnReply?: boolean;
  allowDoubtfulText?: true;
};

/** Throws LinkupError `invalid_input`, `conflict`, `doubtful_text`, `not_found`; UsageError where nothing is to be changed. */
export async function editCampaign(io: ConsoleIo, id: string, options: EditOptions): Promise<Report> {
  const { name, account, input, priority, handover, stopOnReply, allowDoubtfulText } = options;
  const [maxCredits, startAt, expiresAt] = [orNull(options.maxCredits), orNull(options.startAt), orNull(options.expiresAt)];
  const given = { name, accountIds: account && [...account], priority, maxCredits, startAt, expiresAt, handover, stopOnReply };
  if (input === undefined && options.steps === undefined && Object.values(given).every((value) => value === undefined))
    throw new UsageError(`Say what to change: see "linkup campaign edit --help"`);
  const work = async (engine: Engine): Promise<Report> => {
    const { operation } = (await findCampaign(engine, id)).definition;
    const parts = input && (await readTemplate({ parts: input, operation, folder: io.folder }));
    // It is checked with all else.
    const steps = options.steps === undefined ? {} : { steps: (await readSteps(options.steps, io.folder)) as CampaignChange["steps"] };
    const change: CampaignChange = { ...given, input: parts, ...steps };
    const edited = await engine.campaigns
      .amend(id, (definition) => changedDefinition(definition, change), { allowDoubtfulText })
      .catch((thrown: unknown) => {
        throw inWords(thrown);
      });
    const load = await engine.load([edited]);
    return campaignReport(campaignView(edited, load), load, `Campaign ${id} is changed; it holds for all that has not left.`);
  };
  return withEngine(io, work, { accepts: true });
}

const orNull = <Value>(given: Value): Exclude<Value, typeof NONE> | null =>
  given === NONE ? null : (given as Exclude<Value, typeof NONE>);

/** A definition that is refused names options; what does not fit its recipients, or is doubtful, names these. */
function inWords(thrown: unknown): unknown {
  const { code, issues } = LinkupError.from(thrown);
  const isOfRecipients = issues?.some(({ path }) => path.startsWith("recipients."));
  return code !== "invalid_input" || !issues || isOfRecipients ? thrown : refuseDefinition(issues);
}
