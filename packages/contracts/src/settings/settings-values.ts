/**
 * How the text of one setting becomes a value. Each schema is described by the words "must be <description>", which errors and docs share.
 * No message here holds the text that was given: it may be a secret that was put into the wrong place.
 */
import { isIP } from "node:net";
import { z } from "zod";

/** Reads the text of one setting; its `description` completes "must be ...". */
export type SettingText<T> = z.ZodType<T, string>;

/** Returned by a parser for malformed text. */
const NOT_READABLE = Symbol("not readable");

/** 32 bytes in base64, standard or URL-safe, with or without its padding. */
const BASE64_OF_32_BYTES = /^[A-Za-z0-9+/_-]{43}=?$/;

/** How to make a secrets key, for people who have none yet. */
export const MAKE_SECRETS_KEY = `node -e "console.log(require('node:crypto').randomBytes(32).toString('base64'))"`;

function read<T>(must: string, parse: (text: string) => T | typeof NOT_READABLE): SettingText<T> {
  const schema = z.string().transform((text, context) => {
    const value = parse(text);
    if (value !== NOT_READABLE) return value;
    context.addIssue(`must be ${must}`);
    return z.NEVER;
  });
  return schema.describe(must);
}

/** A whole number in plain decimal digits, bounds included. */
export function wholeNumber(least: number, most: number): SettingText<number> {
  return read(`a whole number from ${least} to ${most}`, (text) => {
    const value = /^(?:0|[1-9]\d{0,14})$/.test(text) ? Number(text) : Number.NaN;
    return value >= least && value <= most ? value : NOT_READABLE;
  });
}

/** `1` or `true`, `0` or `false`, in either case. */
export function yesOrNo(): SettingText<boolean> {
  return read("1 or true, 0 or false", (text) => {
    const word = text.toLowerCase();
    if (word === "1" || word === "true") return true;
    return word === "0" || word === "false" ? false : NOT_READABLE;
  });
}

/** One of a closed list of words. */
export function oneOf<Word extends string>(words: readonly Word[]): SettingText<Word> {
  return read(`one of ${words.join(", ")}`, (text) => words.find((word) => word === text) ?? NOT_READABLE);
}

/** Text of a given form. */
export function textLike(form: RegExp, must: string): SettingText<string> {
  return read(must, (text) => (form.test(text) ? text : NOT_READABLE));
}

/** An address to listen on: an IP address or a host name, without a port. */
export function listenHost(): SettingText<string> {
  return textLike(/^(?:[A-Za-z0-9._-]{1,253}|[0-9a-fA-F:.]{2,45})$/, "an IP address or a host name, without a port");
}

/** IP addresses and ranges of them, `10.0.0.0/8,::1`. A range that holds every address is none. */
export function networks(): SettingText<string[]> {
  const must = "IP addresses or ranges such as 10.0.0.0/8, with commas between them; a range of all addresses is refused";
  return read(must, (text) => {
    const entries = text.split(",").map((entry) => entry.trim());
    return entries.every(isNetwork) ? entries : NOT_READABLE;
  });
}

function isNetwork(text: string): boolean {
  const [, address = "", bits] = /^([^/]+)(?:\/([1-9]\d{0,2}))?$/.exec(text) ?? [];
  const version = address.includes("%") ? 0 : isIP(address);
  return version !== 0 && Number(bits ?? 1) <= (version === 4 ? 32 : 128);
}

/** An http or https address without credentials, query and fragment; comes out without trailing slashes. */
export function httpAddress(): SettingText<string> {
  return read("an http or https address without user name, password, query and fragment, like https://api.linkupapi.com", (text) => {
    // A lone "?" or "#" leaves no trace in the parsed parts.
    const url = /[?#\s]/.test(text) ? null : URL.parse(text);
    if (url === null || (url.protocol !== "https:" && url.protocol !== "http:")) return NOT_READABLE;
    if (url.username !== "" || url.password !== "") return NOT_READABLE;
    return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
  });
}

/** A key of exactly 32 bytes, in standard or URL-safe base64. */
export function keyOf32Bytes(): SettingText<Uint8Array> {
  return read("exactly 32 bytes in base64, which is 43 characters and usually a =", (text) =>
    BASE64_OF_32_BYTES.test(text) ? Uint8Array.from(Buffer.from(text, "base64")) : NOT_READABLE,
  );
}
