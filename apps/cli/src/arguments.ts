/** How single arguments are read and refused. A refusal tells what is wanted; commander puts it behind the option's name. */
import { AccountId } from "@linkup-queue/contracts";
import { InvalidArgumentError } from "commander";

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

/** A country code, in capitals. */
export function countryCode(text: string): string {
  if (!/^[A-Za-z]{2}$/.test(text)) throw new InvalidArgumentError("It must be a country code of two letters, like US.");
  return text.toUpperCase();
}
