/** Reads the bytes of an answer: JSON with exact integers, nothing, or not to be read. It never looks at what the body means. */
import { parseExactJson } from "@linkup-queue/contracts";
import type { AnswerBody } from "../seam/provider.ts";

/** The body that these bytes are. Never throws. */
export function parseAnswerBody(bytes: Uint8Array): AnswerBody {
  if (bytes.byteLength === 0) return { state: "empty" };
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    if (text.trim() === "") return { state: "empty" };
    return { state: "json", value: parseExactJson(text) };
  } catch {
    return { state: "unreadable" };
  }
}
