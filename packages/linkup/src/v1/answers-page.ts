/** Renders the two tables as the page docs/answers.md. Pure: no clock, no file, no environment. */
import { TRANSPORT_EVENTS, TRANSPORT_TABLE } from "../http/transport-table.ts";
import { ANSWER_TABLE, type AnswerMatch, type AnswerRow, type AnswerText, type EffectRule } from "./answer-table.ts";

const INTRODUCTION = `# What LinkUp answers and what the system does about it

Written by \`npm run docs\` from \`packages/linkup/src/v1/answer-table.ts\` and \`src/http/transport-table.ts\`; a test fails while this page is stale.

**Charge** says whether the call cost credits, **effect** whether it changed anything on LinkedIn. A call is repeated by itself only where the charge is \`no\`
and the effect \`none\`; the one exception is a dead token, whose call is repeated under a fresh one. HTTP status and body are both read, as v1 may
answer 200 with \`status: "error"\`. The first row that fits counts, so order is meaning. Words are looked for as whole words of the provider's text, in any order and case.

A 2xx says:

- **error** when the body has \`status\` \`error\`, \`failed\` or the like; \`success\` or \`ok\` \`false\` (also as text); a \`status\`, \`code\`, \`statusCode\` or the like with a number of
  400 or more; or an \`error\`, \`errors\` or \`detail\` that is not empty. The same inside \`data\`, or a text in its place, where \`status\` is not \`success\`. An error beside
  a success, in whatever words that is claimed, is an error, too, but a write so answered is \`unknown\` whatever the row's effect, and is not repeated.
- **success** when \`status\` is \`success\` and the operation's proof is there ([linkup-v1.md](linkup-v1.md#what-proves-that-it-was-done)); a log-in's is its token, or \`status\`
  alone where a code is asked for.
- **unproven** when \`status\` is \`success\` and the proof is not there. A member's own \`code\` or \`detail\` inside \`data\` is no error then.

The text of an error is read from \`message\`, \`error\`, \`errors\`, \`detail\` and what lies in them, and from \`data\` as text or with members of these names.

Sources: [D] a vendor page was read, [C] seen in public client code only, [I] inferred. LinkUp's general rule [D]: every answer costs credits, a 500 alone is free.
`;

const REMEDY_WORDS = {
  complete: "`complete`: the data is handed on",
  retry: "`retry`: again after a pause",
  refresh_token: "`refresh_token`: the account is closed until a new log-in",
  rest: "`rest`: what is limited rests, its jobs wait, others go on",
  cool_key: "`cool_key`: nothing leaves for a window",
  stop_key: "`stop_key`: nothing leaves until the key is resumed; the job waits",
  brake: "`brake`: the operation stands still but for one probe at a time; the job waits, unless it may have been done",
  brake_and_end: "`brake_and_end`: the operation stands still but for one probe at a time; the job ends",
  doubt: "`doubt`: reported and left; the third of an operation running brakes it",
  end: "`end`: reported and left",
} as const;

/** The whole page, ending in a newline. */
export function renderAnswersPage(): string {
  const answers = ANSWER_TABLE.map((row: AnswerRow) => [
    `\`${row.row}\``,
    whenText(row.when),
    codeText(row),
    row.charge,
    effectText(row.effect),
    remedyText(row),
    row.message,
    row.source,
  ]);
  const transport = TRANSPORT_EVENTS.map((event) => {
    const row = TRANSPORT_TABLE[event];
    return [`\`${event}\``, row.when, `\`${row.code}\``, row.charge, row.effect, REMEDY_WORDS[row.remedy], row.message, row.source];
  });
  return [INTRODUCTION, "## Answers", table(answers), "## Calls without a whole answer", table(transport)]
    .join("\n\n")
    .replaceAll(/\n{3,}/g, "\n\n");
}

function table(rows: readonly (readonly string[])[]): string {
  const head = ["row", "when", "code", "charge", "effect", "what the system does", "what it tells you", "source"];
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return `${[line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n")}\n`;
}

function whenText(when: AnswerRow["when"]): string {
  const parts = [when.answer.map(matchText).join(", ")];
  if (when.words) parts.push(`text with ${when.words.map((words) => words.join(" + ")).join("; or ")}`);
  if (when.withoutEnvelope) parts.push("not in LinkUp's envelope");
  if (when.text) parts.push(TEXT_WORDS[when.text]);
  if (when.hasText) parts.push("any text");
  if (when.operation) parts.push(`\`${when.operation}\` only`);
  if (when.appliesTo) parts.push(APPLIES_WORDS[when.appliesTo]);
  if (when.onlyWritesNotRepeatedOn500) parts.push("a write, with `LINKUP_RETRY_WRITES_ON_500=false`");
  return parts.join("; ");
}

const TEXT_WORDS: Record<AnswerText, string> = {
  service_ended: "a text that says that a version or path of the API is not there any more",
  no_thing: "unless the text says so of a post, a profile or another thing, or speaks of a dead session",
  thing_gone: "a text that says of a post, a profile or another thing that it is not there any more",
  session_dead: "a text that says of a session, cookie or login token that it is over, or asks to sign in again",
  token_dead: "the same, or of a token that is no place in a list",
  note_limit: "a text about a limit of notes or custom invitations",
  weekly_limit: "a text about a limit of a week, or that says that there are no invitations left",
  pending_limit: "a text about too many invitations that nobody answered",
  email_unconfirmed: "a text that asks this member to confirm an e-mail address",
  commercial_limit: "a text about the limit of a month, for searches or commercial use",
  action_limit: "a text about a limit of views, searches, messages and the like; not of the key, nor of an input",
  some_limit: "a text about a limit that is reached, of nothing that is named",
  invitation_limit: "a text about a limit of invitations",
  account_restricted: "a text that says of the calling account that it is restricted, or that LinkedIn asks its member for something",
  recipient_refused: "a text that says that this person is invited already, can't be invited again yet, is blocked or no connection",
};

const APPLIES_WORDS = {
  call: "not for log-ins",
  auth: "log-in and verification only",
  read: "a read only",
  write: "a write only",
} as const;

const SAYS_WORDS: Readonly<Record<string, string>> = {
  success: "saying success",
  unproven: "saying success without the proof",
  error: "saying error",
  bare: "without a status in the body",
  odd: "with another status in the body",
  empty: "without a body",
  unreadable: "with an unreadable body",
  too_large: "with a body past the bound",
};

function matchText(match: AnswerMatch): string {
  if (typeof match === "number") return String(match);
  const [statusClass = "", says] = match.split("+");
  const status = statusClass === "any" ? "anything else" : statusClass;
  return says === undefined ? status : `${status} ${SAYS_WORDS[says] ?? says}`;
}

function codeText({ code, remedy }: AnswerRow): string {
  if (code === null) return "none";
  if (remedy === "stop_key") return `\`${code}\`, never published`;
  return remedy === "brake" ? `\`${code}\`, when it is the job's own` : `\`${code}\``;
}

const REST_WORDS = { family: "that family of actions", note: "invitations with a note", account: "the whole account" } as const;

function remedyText({ remedy, rest, unclear, alone }: AnswerRow): string {
  if (alone) return `${REMEDY_WORDS[remedy]}; it says nothing of others, so the key is not stopped for it`;
  if (rest) return `${REMEDY_WORDS[remedy]} (${REST_WORDS[rest.scope]}, \`${rest.cause}\`)`;
  if (unclear && remedy === "stop_key") return `${REMEDY_WORDS[remedy]}; while calls of other accounts work, as a dead token of this one`;
  return unclear
    ? `${REMEDY_WORDS[remedy]}; for three people running the account's family rests, and over two accounts the operation is braked`
    : REMEDY_WORDS[remedy];
}

function effectText(effect: EffectRule): string {
  if (effect === "done_unless_read") return "done (a read: none)";
  return effect === "unknown_unless_read" ? "unknown (a read: none)" : effect;
}
