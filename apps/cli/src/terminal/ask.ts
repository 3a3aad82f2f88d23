/**
 * Asks a person at a terminal, or reads what a script hands over on stdin. Secrets come in here and nowhere else:
 * an argument is seen by everybody who can list processes, and stays in the shell's history.
 */
import { LinkupError, MAX_SECRET_LENGTH } from "@linkup-queue/contracts";
import type { z } from "zod";
import { type ConsoleIo, UsageError } from "./console-io.ts";

const CTRL_C = "\u0003";
const CTRL_D = "\u0004";
const CTRL_U = "\u0015";
const BACKSPACES = ["\u007f", "\b"];

export type SecretQuestion = {
  /** As it reads before the colon: "Password of ada@example.com". */
  what: string;
  /** The option that says that it comes on stdin. */
  stdinOption: string;
  /** Whether that option was given. */
  fromStdin: boolean;
  /** The schema of the answer; its messages repeat no value. */
  form: z.ZodType<string>;
};

/** The secret, as its form reads it. Throws UsageError when it has not that form, or there is neither a terminal nor the option. */
export async function askSecret(io: ConsoleIo, { what, stdinOption, fromStdin, form }: SecretQuestion): Promise<string> {
  if (!fromStdin && io.stdin.isTTY !== true) {
    throw new UsageError(`${what} is asked for at a terminal, and there is none: hand it over on stdin with ${stdinOption}`);
  }
  const secret = form.safeParse(fromStdin ? await readFirstLine(io) : await askHidden(io, what));
  if (!secret.success) throw new UsageError(`${what} ${secret.error.issues[0]?.message ?? "is not valid"}`);
  return secret.data;
}

/** The first line of stdin, without its end. */
async function readFirstLine(io: ConsoleIo): Promise<string> {
  let text = "";
  io.stdin.setEncoding("utf8");
  for await (const part of io.stdin) {
    text += String(part);
    if (text.includes("\n") || text.length > MAX_SECRET_LENGTH + 2) break;
  }
  return (text.split("\n")[0] ?? "").replace(/\r$/, "");
}

/** One line typed at the terminal; what is typed is not shown. */
async function askHidden(io: ConsoleIo, what: string): Promise<string> {
  const { stdin, stderr } = io;
  stderr.write(`${what} (not shown): `);
  stdin.setRawMode?.(true);
  stdin.setEncoding("utf8");
  stdin.resume();
  let onData: (part: unknown) => void = () => undefined;
  try {
    return await new Promise<string>((resolve, reject) => {
      let typed: string[] = [];
      onData = (part) => {
        for (const key of String(part)) {
          if (key === "\r" || key === "\n" || key === CTRL_D) return resolve(typed.join(""));
          if (key === CTRL_C) return reject(new LinkupError("interrupted", "Stopped; nothing was changed"));
          if (BACKSPACES.includes(key)) typed = typed.slice(0, -1);
          else if (key === CTRL_U) typed = [];
          else if (key >= " ") typed.push(key);
        }
      };
      stdin.on("data", onData);
    });
  } finally {
    stdin.off("data", onData);
    stdin.setRawMode?.(false);
    stdin.pause();
    stderr.write("\n");
  }
}

/** A yes or no at a terminal; true without asking where there is none: a script means what it says. */
export async function askWhetherToGoOn(io: ConsoleIo, question: string): Promise<boolean> {
  if (io.stdin.isTTY !== true) return true;
  io.stderr.write(`${question} [y/N] `);
  const answer = await readFirstLine(io);
  io.stdin.pause();
  return /^y(es)?$/i.test(answer.trim());
}
