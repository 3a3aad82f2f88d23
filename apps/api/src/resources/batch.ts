/** `/v1/jobs/batch`: jobs as NDJSON, any number of them, answered as they are accepted. */
import { BatchLines } from "@linkup-queue/queue";
import { z } from "zod";
import { ClientGone, readChunks } from "../body/read-chunks.ts";
import { errorBody, invalidInput } from "../http/api-error.ts";
import { HTTP_STATUS } from "../http/http-status.ts";
import { type Route, route } from "../http/route.ts";
import { closeLater, sendAnswer, sendError } from "../http/send-answer.ts";
import { answerInLines, answerInSummary, BatchLine, BatchSummary } from "../jobs/batch-answer.ts";
import { DescribedJob } from "../jobs/described-job.ts";
import { takeBatch } from "../jobs/take-batch.ts";

const NDJSON = "application/x-ndjson";

const BatchKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,150}$/, "must be 1 to 150 printable characters without spaces")
  .optional()
  .describe(
    "gives each line without an idempotencyKey of its own a key: this one, the line's target (its operation and the person, post or other object; without one all that it says) and its ordinal among the lines of that target",
  );

export const BATCH_ROUTES: readonly Route[] = [
  route({
    name: "addJobs",
    method: "post",
    path: "/v1/jobs/batch",
    role: "producer",
    tag: "jobs",
    summary: "Add many jobs, one JSON object a line",
    description: `Answers one line for each line, in their order, as it is accepted: read while you write, or send \`Accept: application/json\` for one summary at the end. Blank lines are counted and not answered. A wrong line is refused by itself. What was answered is accepted whatever becomes of the connection; sending all again under the same keys adds nothing twice. Under the same \`Idempotency-Key\` lines may be added, taken out and moved before; a target that comes again with another content, by another account too, is \`conflict\` for that line. A last answer with \`interrupted\` or \`timed_out\` says from which line on to send again; under an \`Idempotency-Key\` all of it may be sent.`,
    headers: z.object({ "idempotency-key": BatchKey }),
    body: DescribedJob,
    counted: true,
    streams: [NDJSON, "application/ndjson", "application/jsonl", "application/x-jsonlines"],
    answers: {
      200: { description: "What became of each line", schema: BatchLine, contentType: NDJSON, summary: BatchSummary },
    },
    handle: async (context, { caller, request, response }) => {
      const key = BatchKey.safeParse(request.headers["idempotency-key"]);
      if (!key.success) throw invalidInput([{ path: "idempotency-key", message: "must be 1 to 150 printable characters without spaces" }]);
      const accept = request.headers.accept ?? "";
      const { limits, stopping, redis, jobs } = context;
      const answer = /\bapplication\/json\b/i.test(accept)
        ? answerInSummary((summary, stopped) => {
            if (stopped === null) return sendAnswer(response, { status: 200, body: summary }, limits);
            sendError(response, { status: HTTP_STATUS[stopped.code], body: { ...errorBody(stopped), ...summary } }, limits);
          })
        : answerInLines(response, limits.silenceMs);
      try {
        await takeBatch({
          chunks: readChunks(request, { silenceMs: limits.silenceMs, stopping }),
          moreIsReady: () => request.readableLength > 0,
          lines: new BatchLines({ caller: caller?.name ?? "", key: key.data ?? null }),
          batchDoor: jobs.batchDoor,
          redis,
          answer,
          limits,
        });
        closeLater(response, limits);
      } catch (thrown) {
        // Accepted jobs stay accepted.
        if (!(thrown instanceof ClientGone)) throw thrown;
        response.destroy();
      }
      return "streamed";
    },
  }),
];
