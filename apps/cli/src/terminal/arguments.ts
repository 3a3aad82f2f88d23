/** How single arguments are read and refused. A refusal tells what is wanted; commander puts it behind the option's name. */
import { AccountEmail, AccountId, Country } from "@linkup-queue/contracts";
import { IdempotencyKey } from "@linkup-queue/queue";
import { InvalidArgumentError } from "commander";
import type { z } from "zod";

/** An account's id. */
export function accountId(text: string): string {
  const parsed = AccountId.safeParse(text);
  if (!parsed.success) throw new InvalidArgumentError(`It must be ${parsed.error.issues[0]?.message ?? "an account id"}.`);
  return parsed.data;
}

/** A whole number within bounds. */
export function wholeNumber(least: number, most: number) {
  return (text: string): number => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}

/** A country that LinkUp has a proxy in, as it writes it. */
export function countryCode(text: string): string {
  return checked(Country, text);
}

/** An e-mail address. */
export function emailAddress(text: string): string {
  return checked(AccountEmail, text);
}

/** An idempotency key. */
export function idempotencyKey(text: string): string {
  return checked(IdempotencyKey, text);
}

function checked<Value>(schema: z.ZodType<Value>, text: string): Value {
  const parsed = schema.safeParse(text);
  if (!parsed.success) throw new InvalidArgumentError(`It ${parsed.error.issues[0]?.message ?? "is not valid"}.`);
  return parsed.data;
}
