/** Changes of accounts, of the key and of brakes, and replies of people as they are posted, from the text that events.lua keeps of them. */
import { z } from "zod";
import { brakeId } from "../safety/brakes.ts";
import { restUntil } from "../safety/rests.ts";
import { StateEvent } from "../safety/state-event.ts";
import type { WebhookBody } from "./webhook-definition.ts";

const Stored = z.object({ at: z.number(), event: StateEvent });

export const ACCOUNT_WORDS = [
  "rest_started",
  "rest_ended",
  "notes_used_up",
  "needs_attention",
  "awaiting_code",
  "paused",
  "active",
  "removed",
] as const;
export const KEY_WORDS = ["stopped", "cooling", "opened", "day_budget_spent", "day_budget_opened"] as const;
export const BRAKE_WORDS = ["on", "off"] as const;
export const PERSON_WORDS = ["replied"] as const;

type Type =
  | `account.${(typeof ACCOUNT_WORDS)[number]}`
  | `key.${(typeof KEY_WORDS)[number]}`
  | `brake.${(typeof BRAKE_WORDS)[number]}`
  | `person.${(typeof PERSON_WORDS)[number]}`;
type OfPerson = Extract<StateEvent, { kind: "replied" }>;
type Posted = { type: Type; data: object };

const iso = (ms: number) => new Date(ms).toISOString();

/** The body for a change. `addressOf` tells where a person (a digest) is found; null for one who was forgotten. */
export async function changeBody(text: string, addressOf: (person: string) => Promise<string | null>): Promise<WebhookBody> {
  const { at, event } = Stored.parse(JSON.parse(text));
  if (event.kind === "replied") {
    const { person, atMs } = event;
    return { type: "person.replied", timestamp: iso(at), data: { person, url: await addressOf(person), repliedAt: iso(atMs) } };
  }
  return { timestamp: iso(at), ...posted(event, iso(at)) };
}

function posted(event: Exclude<StateEvent, OfPerson>, at: string): Posted {
  switch (event.kind) {
    case "rests": {
      const { account: accountId, scope, cause, operation, untilMs } = event;
      return { type: "account.rest_started", data: { accountId, scope, cause, operation, since: at, until: restUntil(untilMs) } };
    }
    case "rest_over": {
      const { account: accountId, scope, cause, sinceMs, by } = event;
      return { type: "account.rest_ended", data: { accountId, scope, cause, since: iso(sinceMs), by } };
    }
    case "notes_used_up":
      return { type: "account.notes_used_up", data: { accountId: event.account, since: at } };
    case "account_is":
      return { type: `account.${event.is}`, data: accountFacts(event) };
    case "braked": {
      const { operation, cause, nextProbeMs } = event;
      return { type: "brake.on", data: { brakeId: brakeId(operation), operation, cause, nextProbeAt: iso(nextProbeMs) } };
    }
    case "opened": {
      const { operation, cause, by = "call", caller = null } = event;
      return { type: "brake.off", data: { brakeId: brakeId(operation), operation, cause, by, caller } };
    }
    default:
      return postedOfKey(event);
  }
}

function accountFacts({ account: accountId, is, why, was }: Extract<StateEvent, { kind: "account_is" }>): object {
  if (is === "removed") return { accountId };
  return is === "active" ? { accountId, was } : { accountId, why };
}

type OfKey = Exclude<StateEvent, OfPerson | { kind: "rests" | "rest_over" | "notes_used_up" | "account_is" | "braked" | "opened" }>;

function postedOfKey(event: OfKey): Posted {
  switch (event.kind) {
    case "key_paused":
      return stopped({ why: "by_hand", caller: event.caller ?? null });
    case "key_refused":
      return stopped({ why: event.reason, operation: event.operation, nextProbeAt: iso(event.nextProbeMs) });
    case "stopped": {
      const { operation, cause, nextProbeMs } = event;
      return stopped({ why: "service_refused", operation, cause, nextProbeAt: iso(nextProbeMs) });
    }
    case "state_lost":
      return stopped({ why: "state_lost" });
    case "key_cools": {
      const { reason: why, operation = null, untilMs } = event;
      return { type: "key.cooling", data: { why, operation, until: iso(untilMs) } };
    }
    case "key_opened": {
      const { reason: was, operation = null, by = operation === null ? "time" : "call", caller = null } = event;
      return { type: "key.opened", data: { was, by, operation, caller } };
    }
    case "day_spent":
      return { type: "key.day_budget_spent", data: { limit: event.limit, spent: event.spent, until: iso(event.untilMs) } };
    case "day_opened":
      return { type: "key.day_budget_opened", data: { limit: event.limit } };
  }
}

function stopped(facts: { why: string; operation?: string; cause?: string; nextProbeAt?: string; caller?: string | null }): Posted {
  return { type: "key.stopped", data: { operation: null, cause: null, nextProbeAt: null, caller: null, ...facts } };
}
