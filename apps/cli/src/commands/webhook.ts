/** `linkup webhook`: where outcomes and events are posted. The address and the secret go in sealed, and the secret never comes out. */
import { describeIssues, issuesOf, LinkupError, OUTCOME_STATUSES } from "@linkup-queue/contracts";
import { deliveryWords, type Engine, WEBHOOK_EVENTS, WebhookId, WebhookRequest } from "@linkup-queue/queue";
import { type Command, InvalidArgumentError, Option } from "commander";
import { WRITES, withEngine } from "../engine/with-engine.ts";
import { askSecret, askWhetherToGoOn } from "../terminal/ask.ts";
import { addCommand, addGroup, reporting } from "../terminal/command.ts";
import type { ConsoleIo } from "../terminal/console-io.ts";
import { type Cell, type Report, sentence, type Tone } from "../terminal/report.ts";

type PutOptions = { url: string; secretStdin?: true; status?: string[]; event?: string[]; campaign?: string };

type Webhook = Awaited<ReturnType<Engine["webhooks"]["put"]>>;

/** There may be twenty. */
const PAGE = 100;

function webhookId(text: string): string {
  const parsed = WebhookId.safeParse(text);
  if (!parsed.success) throw new InvalidArgumentError(`It ${parsed.error.issues[0]?.message ?? "must be a webhook's id"}.`);
  return parsed.data;
}

async function readKnown(engine: Engine, id: string): Promise<Webhook> {
  const webhook = await engine.webhooks.read(id);
  if (webhook !== null) return webhook;
  throw new LinkupError("not_found", `There is no webhook ${id}; "linkup webhook list" shows those there are`);
}

const TONES: Readonly<Record<Webhook["state"], Tone>> = { ok: "good", failing: "warn", resting: "bad", ended: "bad" };
const stateOf = ({ state }: Webhook): Cell => ({ text: state, tone: TONES[state] });
const lastErrorOf = ({ lastError, lastErrorAt }: Webhook) => (lastError === null ? null : `${lastError}, ${lastErrorAt ?? ""}`);

function facts(webhook: Webhook): Report {
  const { id, url, statuses, campaignId, events, failingSince, lastDeliveredAt, waiting, delivered, dead, dropped } = webhook;
  // A failure before the last delivery is over.
  const words = webhook.lastError === null || webhook.state === "ok" ? null : deliveryWords(webhook.lastError);
  const rows: [string, Cell][] = [
    ["id", id],
    ["url", url],
    ["state", stateOf(webhook)],
    ["events", events.join(", ")],
    ["statuses", statuses === null ? "all" : statuses.join(", ")],
    ["campaign", campaignId],
    ["waiting", waiting],
    ["delivered", delivered],
    ["last delivered", lastDeliveredAt],
    ["dead letters", dead],
    ["forgotten dead letters", dropped],
    ["failing since", failingSince],
    ["last error", lastErrorOf(webhook)],
    ["what it means", words === null ? null : words.what],
    ["what to do", words === null ? null : words.advice],
  ];
  return { json: webhook, sections: [{ kind: "facts", rows }] };
}

async function list(engine: Engine): Promise<Report> {
  const items = await engine.webhooks.list({ limit: PAGE });
  const rows = items.map((one) => [one.id, stateOf(one), one.waiting, one.dead, one.url, lastErrorOf(one)]);
  const head = ["id", "state", "waiting", "dead", "url", "last error"];
  const whenEmpty = "There are no webhooks; linkup webhook put registers one.";
  return { json: { items }, sections: [{ kind: "table", head, rows, whenEmpty }] };
}

async function put(io: ConsoleIo, id: string, { url, secretStdin, status, event, campaign }: PutOptions): Promise<Report> {
  const secret = await askSecret(io, {
    what: `Secret of webhook ${id}`,
    stdinOption: "--secret-stdin",
    fromStdin: secretStdin === true,
    form: WebhookRequest.shape.secret,
  });
  const wanted = Object.entries({ url, secret, statuses: status, events: event, campaignId: campaign });
  const request = WebhookRequest.safeParse(Object.fromEntries(wanted.filter(([, value]) => value !== undefined)));
  if (!request.success) {
    const issues = issuesOf(request.error).map(({ path, message }) => ({ path: `--${path}`, message }));
    throw new LinkupError("invalid_input", describeIssues(issues), { issues });
  }
  return await withEngine(io, async (engine) => facts(await engine.webhooks.put(id, request.data)), { accepts: true });
}

async function remove(io: ConsoleIo, id: string, yes: boolean): Promise<Report> {
  const work = async (engine: Engine) => {
    const { waiting, dead } = await readKnown(engine, id);
    const question = `Remove webhook ${id}? ${waiting} posts that wait and ${dead} dead letters are forgotten; outcomes stay.`;
    if (!yes && !(await askWhetherToGoOn(io, question))) throw new LinkupError("interrupted", "Nothing was changed");
    await engine.webhooks.remove(id);
    return sentence(`Webhook ${id} is removed.`, { id, removed: true });
  };
  return await withEngine(io, work, WRITES);
}

async function post(engine: Engine, id: string): Promise<Report> {
  const messageId = await engine.webhooks.test(id);
  return sentence(`A worker posts ${messageId}; see what comes of it with: linkup webhook show ${id}`, { id, messageId });
}

async function redrive(engine: Engine, id: string, messageIds: readonly string[]): Promise<Report> {
  const counts = await engine.webhooks.redrive(id, messageIds.length === 0 ? undefined : messageIds);
  const gone = counts.gone === 0 ? "" : `; the data of ${counts.gone} is kept no longer`;
  return sentence(`${counts.redriven} dead letters are posted again${gone}.`, { id, ...counts });
}

/** Adds `linkup webhook ...`. */
export function addWebhookCommands(program: Command, io: ConsoleIo): void {
  const group = addGroup(program, "webhook", "Where outcomes and events are posted: put, list, show, test, redrive, remove");

  addCommand(group, "put", {
    summary: "Register a webhook, or change one",
    details:
      "Outcomes that are settled from now on are posted by the Standard Webhooks scheme. The secret is asked for without showing it, or read from the first line of stdin. Workers post to public addresses alone, unless LINKUP_WEBHOOK_ALLOW_PRIVATE=1.",
    examples: [
      ["webhook put crm --url https://crm.example/linkup", "all outcomes and events; asks for the secret"],
      ["webhook put crm --url https://crm.example/linkup --status failed --secret-stdin < secret.txt", "outcomes that failed alone"],
    ],
  })
    .argument("<id>", "its id", webhookId)
    .requiredOption("--url <address>", "where to post, https or http")
    .option("--secret-stdin", "read the secret (whsec_...) from the first line of stdin")
    .addOption(new Option("--status <status...>", "outcomes of these statuses alone").choices(OUTCOME_STATUSES))
    .addOption(new Option("--event <kind...>", "posts of these kinds alone").choices(WEBHOOK_EVENTS))
    .option("--campaign <id>", "what belongs to this campaign alone")
    .action(reporting(io, (id: string, options: PutOptions) => put(io, id, options)));

  addCommand(group, "list", {
    summary: "List the webhooks",
    examples: [["webhook list", "each with what waits and its last error"]],
  }).action(reporting(io, () => withEngine(io, list)));

  addCommand(group, "show", { summary: "Show a webhook and how it is doing", examples: [["webhook show crm", "one webhook"]] })
    .argument("<id>", "its id", webhookId)
    .action(reporting(io, (id: string) => withEngine(io, async (engine) => facts(await readKnown(engine, id)))));

  addCommand(group, "test", {
    summary: "Post an event of the type webhook.test",
    examples: [["webhook test crm", "whatever the webhook asked for"]],
  })
    .argument("<id>", "its id", webhookId)
    .action(reporting(io, (id: string) => withEngine(io, (engine) => post(engine, id), WRITES)));

  addCommand(group, "redrive", {
    summary: "Post dead letters again",
    examples: [
      ["webhook redrive crm", "all that there are"],
      ["webhook redrive crm o-9f2c41", "this one"],
    ],
  })
    .argument("<id>", "its id", webhookId)
    .argument("[message-id...]", "an outcomeId or an event's id; all when left out")
    .action(reporting(io, (id: string, messageIds: string[]) => withEngine(io, (engine) => redrive(engine, id, messageIds), WRITES)));

  addCommand(group, "remove", { summary: "Remove a webhook", examples: [["webhook remove crm", "after a question"]] })
    .argument("<id>", "its id", webhookId)
    .option("--yes", "ask nothing")
    .action(reporting(io, (id: string, { yes }: { yes?: true }) => remove(io, id, yes === true)));
}
