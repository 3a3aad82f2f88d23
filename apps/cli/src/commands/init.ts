/** `linkup init`: writes an explained settings file with fresh secrets. It never prints one, and never drops an old file. */
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { link, rename, rm, writeFile } from "node:fs/promises";
import { ApiKeyText, LinkupError } from "@linkup-queue/contracts";
import type { Command } from "commander";
import { settingsFile } from "../init/settings-file.ts";
import { askSecret } from "../terminal/ask.ts";
import { addCommand, reporting } from "../terminal/command.ts";
import type { ConsoleIo } from "../terminal/console-io.ts";
import type { Report } from "../terminal/report.ts";

type InitOptions = { force?: true; sandbox?: true; apiKeyStdin?: true };

/** Readable and writable by its owner alone. */
const OWNER_ONLY = 0o600;

/**
 * Writes a file that only its owner reads, in one step. Resolves with the name under which an older one was kept, or null.
 * Throws LinkupError `conflict` when there is one and `force` is false.
 */
async function writeSecretFile(path: string, text: string, force: boolean): Promise<string | null> {
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, text, { mode: OWNER_ONLY, flag: "wx" });
  try {
    if (!force || !existsSync(path)) {
      // A link fails where a file is, also where one came a moment ago.
      await link(draft, path);
      return null;
    }
    const kept = `${path}.${new Date().toISOString().replaceAll(":", "-")}`;
    await rename(path, kept);
    await rename(draft, path);
    return kept;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    throw new LinkupError(
      "conflict",
      `${path} is there already and was left as it is. With --force it is written anew, and the old one kept under another name; accounts stored with its LINKUP_SECRETS_KEY then have to be registered anew`,
    );
  } finally {
    await rm(draft, { force: true });
  }
}

async function init(io: ConsoleIo, { force, sandbox, apiKeyStdin }: InitOptions): Promise<Report> {
  const path = io.settingsFile;
  const apiKey =
    apiKeyStdin === true
      ? await askSecret(io, { what: "LinkUp API key", stdinOption: "--api-key-stdin", fromStdin: true, form: ApiKeyText })
      : null;
  const kept = await writeSecretFile(path, settingsFile({ apiKey, sandbox: sandbox === true }), force === true);
  const ready = sandbox === true || apiKey !== null;
  const next = [
    ...(ready ? [] : ["Put your API key behind LINKUP_API_KEY= in that file."]),
    "Keep a copy of LINKUP_SECRETS_KEY in a safe place.",
    "Then look whether everything is in its place: linkup doctor",
  ];
  return {
    json: { file: path, kept, apiKey: ready, next },
    sections: [
      {
        kind: "line",
        text: `Wrote ${path}: every setting explained, with a fresh secrets key and one admin token; only you can read it.`,
        tone: "good",
      },
      ...(kept === null ? [] : [{ kind: "line" as const, text: `The old one is now ${kept}.` }]),
      ...next.map((text) => ({ kind: "line" as const, text })),
    ],
  };
}

/** Adds `linkup init`. */
export function addInitCommand(program: Command, io: ConsoleIo): void {
  addCommand(program, "init", {
    summary: "Write an explained .env with fresh secrets",
    details: "It is readable by you alone. An .env that is there stays as it is, unless --force is given.",
    examples: [
      ["init", "then fill in LINKUP_API_KEY"],
      ["init --api-key-stdin < key.txt", "with the API key"],
      ["init --sandbox", "for the sandbox on this machine, ready to use"],
    ],
  })
    .option("--force", "write it anew; the old file is kept under another name")
    .option("--sandbox", "settings for the sandbox on this machine instead of LinkUp")
    .option("--api-key-stdin", "read LinkUp's API key from the first line of stdin")
    .action(reporting(io, (options: InitOptions) => init(io, options)));
}
