/**
 * Reads the answer table: from a whole answer to the verdict that the worker decides by.
 * Total and pure. The verdict's message is the table's own: the provider's text never gets into it.
 */
import { type Effect, LinkupError, type OperationName, type Verdict } from "@linkup-queue/contracts";
import type { AnswerBody } from "../seam/provider.ts";
import { ANSWER_TABLE, type AnswerMatch, type AnswerRow, type AnswerText, type CallKind, type EffectRule } from "./answer-table.ts";
import {
  saysAccountRestricted,
  saysActionLimit,
  saysCommercialLimit,
  saysEmailUnconfirmed,
  saysInvitationLimit,
  saysNoteLimit,
  saysPendingLimit,
  saysRecipientRefused,
  saysSomeLimit,
  saysWeeklyLimit,
} from "./member-words.ts";
import type { Proof } from "./proofs.ts";
import { type BodyReading, bodyOutput, readAnswerBody } from "./read-answer.ts";
import { saysServiceEnded, saysThingIsGone } from "./service-words.ts";
import { saysSessionDead, saysTokenDead } from "./session-words.ts";

export type Answer = {
  httpStatus: number;
  body: AnswerBody;
  kind: CallKind;
  /** Left out for a log-in or a verification. */
  operation?: OperationName;
  /** The proof that it was done; null for a log-in or a verification. */
  proof: Proof | null;
  /** False drops the assumption that what was answered with 500 was not done, for writes. */
  retryWritesOn500: boolean;
};

type Facts = Answer & BodyReading;

/** Said of a write whose answer tells of success and of an error at once. */
const CONTRADICTED = "; but it claimed a success, too: look on LinkedIn whether it was done before sending it again";

/** The verdict on a whole answer. Its `output` is null for auth calls: their token travels in AuthAnswer alone. */
export function classify(answer: Answer): Verdict {
  const facts: Facts = { ...answer, ...readAnswerBody(answer.body, answer.proof) };
  const table: readonly AnswerRow[] = ANSWER_TABLE;
  const row = table.find((candidate) => fits(candidate.when, facts));
  if (row === undefined) throw new LinkupError("internal_error", "The answer table's last row must match everything");
  // The error's words say why, and the success that it was done: a write may have been, whatever the row says of its effect.
  const inDoubt = facts.contradicted && answer.kind === "write" && isSuccessStatus(answer.httpStatus);
  return {
    row: row.row,
    code: row.code,
    charge: row.charge,
    effect: inDoubt ? "unknown" : effectFor(row.effect, answer.kind),
    remedy: row.remedy,
    ...(row.rest === undefined ? {} : { rest: row.rest }),
    ...(row.unclear === undefined ? {} : { unclear: row.unclear }),
    message: inDoubt ? row.message + CONTRADICTED : row.message,
    httpStatus: answer.httpStatus,
    ...(row.alone && { alone: true }),
    output: row.code === null && answer.kind !== "auth" ? bodyOutput(answer.body) : null,
  };
}

function isSuccessStatus(httpStatus: number): boolean {
  return Math.floor(httpStatus / 100) === 2;
}

function fits(when: AnswerRow["when"], facts: Facts): boolean {
  if (when.appliesTo !== undefined && !applies(when.appliesTo, facts.kind)) return false;
  if (when.operation !== undefined && when.operation !== facts.operation) return false;
  if (when.onlyWritesNotRepeatedOn500 && (facts.kind !== "write" || facts.retryWritesOn500)) return false;
  if (when.hasText && facts.words.size === 0) return false;
  if (when.words && !when.words.some((words) => words.every((word) => facts.words.has(word)))) return false;
  if (when.withoutEnvelope && facts.enveloped) return false;
  if (!when.answer.some((match) => matches(match, facts))) return false;
  return when.text === undefined || TEXTS[when.text](facts.text);
}

const TEXTS: Record<AnswerText, (text: string) => boolean> = {
  service_ended: saysServiceEnded,
  no_thing: (text) => !saysThingIsGone(text) && !saysSessionDead(text),
  thing_gone: saysThingIsGone,
  session_dead: saysSessionDead,
  token_dead: saysTokenDead,
  note_limit: saysNoteLimit,
  weekly_limit: saysWeeklyLimit,
  pending_limit: saysPendingLimit,
  email_unconfirmed: saysEmailUnconfirmed,
  invitation_limit: saysInvitationLimit,
  commercial_limit: saysCommercialLimit,
  action_limit: saysActionLimit,
  some_limit: saysSomeLimit,
  account_restricted: saysAccountRestricted,
  recipient_refused: saysRecipientRefused,
};

function applies(appliesTo: NonNullable<AnswerRow["when"]["appliesTo"]>, kind: CallKind): boolean {
  return appliesTo === kind || (appliesTo === "call" && kind !== "auth");
}

function matches(match: AnswerMatch, { httpStatus, says }: Facts): boolean {
  if (typeof match === "number") return match === httpStatus;
  const [statusClass, wanted] = match.split("+");
  if (wanted !== undefined && wanted !== says) return false;
  return statusClass === "any" || statusClass === `${Math.floor(httpStatus / 100)}xx`;
}

function effectFor(rule: EffectRule, kind: CallKind): Effect {
  if (rule === "done_unless_read") return kind === "read" ? "none" : "done";
  if (rule === "unknown_unless_read") return kind === "read" ? "none" : "unknown";
  return rule;
}
