/** How a producer's key names a job: the same key, the same id. Nothing of a key can be read from an id. */
import { hash, randomBytes } from "node:crypto";
import type { JobData } from "@linkup-queue/contracts";
import { DIGEST_LENGTH } from "./job-ref.ts";

/** A key that the producer gave to this one job. */
export type OwnKey = { caller: string; text: string };

/** Keys of the command line, apart from those of any caller of the api: no token has such a name. */
export const COMMAND_LINE_CALLER = "(command line)";

/** A batch's key; all its lines hold the same one. */
export type Batch = { readonly caller: string; readonly key: string };

/** The key that a line of a batch has by its batch. */
export type LineKey = {
  batch: Batch;
  /** The digest of the operation and its object; without an object that of all that the line says. */
  target: string;
  hasObject: boolean;
  /** Equal for lines that are the same in all their producer said. */
  fingerprint: string;
  /** Among the lines of its target, counted from 1, refused ones included. */
  ordinal: number;
  /** Among those of them with the same content, counted from 1. */
  copy: number;
  /** As lines were numbered when keys went by line. */
  line: number;
};

export type JobKey = OwnKey | LineKey;

export function isLineKey(key: JobKey | null): key is LineKey {
  return key !== null && "batch" in key;
}

/** The first letter keeps an id from looking like one of BullMQ's own numbers. */
const PREFIX = "j";
export const FINGERPRINT_LENGTH = 11;

/** A job without its key. */
export type JobContent = { operation: string; data: JobData; priority: number; runAtMs: number | null };

function digestOf(text: string, length: number): string {
  return hash("sha256", text, "base64url").slice(0, length);
}

/** The parts of an id stand apart by line breaks, which no key, name or operation holds. */
function idOf(...parts: (string | number)[]): string {
  return PREFIX + digestOf(parts.join("\n"), DIGEST_LENGTH);
}

export function idWithoutKey(): string {
  return PREFIX + randomBytes(15).toString("base64url");
}

export function idOfOwnKey({ caller, text }: OwnKey): string {
  return idOf(caller, text);
}

/** The id of a line, or that of the line of its target with another ordinal. */
export function idOfLine({ batch: { caller, key }, target }: LineKey, ordinal: number): string {
  return idOf(caller, key, target, ordinal);
}

/** Under this name the ordinals are kept that lines of the target with this content were accepted under. It is no job's id. */
export function contentNameOf({ batch: { caller, key }, target, fingerprint }: LineKey): string {
  return idOf(caller, key, target, "content", fingerprint);
}

/** The key that a line had when keys went by line. */
export function formerKeyOf({ caller, key }: Batch, line: number): OwnKey {
  return { caller, text: `${key}/${line}` };
}

/** The digest of an operation and its object. */
export function targetDigestOf(operation: string, object: string): string {
  return digestOf(`${operation}\n${object}`, DIGEST_LENGTH);
}

/** The digest of all that a job's producer said of it. */
export function contentDigestOf({ operation, data, priority, runAtMs }: JobContent): string {
  return digestOf(JSON.stringify([operation, data, priority, runAtMs]), 43);
}

/** Equal for jobs that are the same in all their producer said. */
export function fingerprintOf(job: JobContent): string {
  return contentDigestOf(job).slice(0, FINGERPRINT_LENGTH);
}
