/** The names of keys in simulated worlds. */
import { queuePrefix } from "@linkup-queue/contracts";
import { SETTINGS } from "../machine/settings.ts";

export const TAG = queuePrefix(SETTINGS.keyId);
/** A key of BullMQ's. */
export const bull = (queue: string, name: string): string => `${TAG}:${queue}:${name}`;
/** A key of ours. */
export const gate = (name: string): string => `${TAG}:gate:${name}`;
