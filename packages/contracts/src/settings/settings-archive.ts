/** Where outcomes are kept for good, as configuration. It opens nothing, and no message here holds any part of an address. */
import { z } from "zod";
import type { SettingText } from "./settings-values.ts";

export type ArchiveAddress = { kind: "postgres"; url: string } | { kind: "sqlite"; path: string };

const MUST = "postgres://[user:password@]host[:port]/database, or sqlite: and the path of a file";

/** The archive that an address names, or null. */
function archiveAddress(text: string): ArchiveAddress | null {
  if (text.startsWith("sqlite:")) {
    const path = text.slice("sqlite:".length).replace(/^\/\/(?=\/)/, "");
    return path === "" || path.startsWith("//") || path.includes("\0") ? null : { kind: "sqlite", path };
  }
  const url = URL.parse(text);
  if (url === null || (url.protocol !== "postgres:" && url.protocol !== "postgresql:")) return null;
  return url.hostname === "" || url.pathname.length < 2 || url.hash !== "" ? null : { kind: "postgres", url: text };
}

/** `postgres://...` or `sqlite:path`. */
export function archiveUrl(): SettingText<ArchiveAddress> {
  const schema = z.string().transform((text, context) => {
    const address = archiveAddress(text);
    if (address !== null) return address;
    context.addIssue(`must be ${MUST}`);
    return z.NEVER;
  });
  return schema.describe(MUST);
}
