/** The answer of a batch, in one of two forms: a line for each line as it is accepted, or one summary at the end. */
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { LinkupError } from "@linkup-queue/contracts";
import { z } from "zod";
import { ClientGone } from "../body/read-chunks.ts";
import { ErrorBody, errorBody } from "../http/api-error.ts";

/** The result of one line. */
export type LineAnswer = { line: number; jobId: string; duplicate: boolean } | { line: number; error: LinkupError };

/** Rejected lines that a summary lists. */
const MOST_LISTED = 1_000;
/** Issues told of one line. */
const MOST_ISSUES = 20;

const LineError = z.object({ line: z.int(), error: ErrorBody.shape.error });

/** One line of the answer, for the docs. */
export const BatchLine = z
  .union([z.object({ line: z.int(), jobId: z.string(), duplicate: z.boolean() }), LineError])
  .meta({ id: "BatchLine", description: "What became of one line of the request, in their order" });

export const BatchSummary = z
  .object({
    accepted: z.int().describe("duplicates included"),
    duplicates: z.int(),
    rejected: z.array(LineError).describe(`the first ${MOST_LISTED}`),
    rejectedCount: z.int(),
  })
  .meta({ id: "BatchSummary" });

export type BatchAnswer = {
  /** Takes what became of some lines; settles when more may come. */
  write(answers: readonly LineAnswer[]): Promise<void>;
  /** The end: all lines were read, or none after `stopped.line` will be. */
  end(stopped?: { line: number; error: LinkupError }): void;
};

function plain(answer: LineAnswer): z.input<typeof BatchLine> {
  return "error" in answer ? { line: answer.line, ...errorBody(answer.error, MOST_ISSUES) } : answer;
}

/** Writes lines as they come, and waits while the client does not read; throws when it went, or reads nothing for `silenceMs`. */
export function answerInLines(response: ServerResponse, silenceMs: number): BatchAnswer {
  response.writeHead(200, { "content-type": "application/x-ndjson; charset=utf-8", "cache-control": "no-store" });
  response.flushHeaders();
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  return {
    write: async (answers) => {
      if (response.destroyed) throw new ClientGone();
      const text = answers.map((answer) => `${JSON.stringify(plain(answer))}\n`).join("");
      if (response.write(text)) return;
      const signal = AbortSignal.any([gone.signal, AbortSignal.timeout(silenceMs)]);
      await once(response, "drain", { signal }).catch(() => {
        response.destroy();
        throw new ClientGone();
      });
    },
    end: (stopped) => {
      if (stopped !== undefined) response.write(`${JSON.stringify(plain(stopped))}\n`);
      response.end();
    },
  };
}

/** Writes nothing until the end. `finish` gets the summary, or the error that ended the batch. */
export function answerInSummary(finish: (summary: z.input<typeof BatchSummary>, stopped: LinkupError | null) => void): BatchAnswer {
  const summary: z.input<typeof BatchSummary> = { accepted: 0, duplicates: 0, rejected: [], rejectedCount: 0 };
  return {
    write: (answers) => {
      for (const answer of answers) {
        if ("error" in answer) {
          summary.rejectedCount += 1;
          if (summary.rejected.length < MOST_LISTED) summary.rejected.push({ line: answer.line, ...errorBody(answer.error, MOST_ISSUES) });
        } else {
          summary.accepted += 1;
          if (answer.duplicate) summary.duplicates += 1;
        }
      }
      return Promise.resolve();
    },
    end: (stopped) => finish(summary, stopped?.error ?? null),
  };
}
