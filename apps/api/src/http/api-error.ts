/** Refusals of a request: an error of ours, and for input every issue with its path. It holds no value that was sent. */
import { ERROR_CODES, type ErrorCode, type Issue, LinkupError } from "@linkup-queue/contracts";
import { errorOf } from "@linkup-queue/queue";
import { z } from "zod";

/** The body of every answer that is not a success. */
export const ErrorBody = z
  .object({
    error: z.object({
      code: z.enum(ERROR_CODES).describe("for machines; new ones come: take one that you do not know as `internal_error`"),
      message: z.string().describe("for a person"),
      issues: z
        .array(z.object({ path: z.string().describe("of the field; empty for the whole"), message: z.string() }))
        .optional()
        .describe("everything that is wrong with the input"),
    }),
  })
  .meta({ id: "Problem" });
export type ErrorBody = z.infer<typeof ErrorBody>;

/** The refusal of an input, with everything that is wrong with it. */
export function invalidInput(issues: readonly Issue[], message = "The request is not valid"): LinkupError {
  return new LinkupError("invalid_input", message, { issues });
}

/** Issues of one answer; the rest is counted, so that a body of garbage doesn't come back ten times as large. */
const MOST_ISSUES = 500;

/** The body for an error. */
export function errorBody({ code, message, issues }: LinkupError, mostIssues = MOST_ISSUES): ErrorBody {
  if (issues === null) return { error: { code, message } };
  const listed = issues.slice(0, mostIssues);
  const more = issues.length - listed.length;
  return { error: { code, message, issues: more > 0 ? [...listed, { path: "", message: `and ${more} more` }] : listed } };
}

/** The errors of body-parser (https://github.com/expressjs/body-parser#errors), in our words: its own messages quote the body. */
const BODY_TROUBLE: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  "entity.too.large": ["payload_too_large", "The body is too large"],
  "encoding.unsupported": ["unsupported_media_type", "This Content-Encoding is not supported; send the body as it is, or with gzip"],
  "charset.unsupported": ["unsupported_media_type", "This charset is not supported; send UTF-8"],
  "request.aborted": ["invalid_input", "The body ended before its Content-Length"],
  "request.size.invalid": ["invalid_input", "The body has not the length that its Content-Length says"],
};

/** Anything thrown on the way to an answer, as an error of ours. */
export function toLinkupError(thrown: unknown): LinkupError {
  if (thrown instanceof LinkupError || !(thrown instanceof Error)) return errorOf(thrown);
  const type = "type" in thrown && typeof thrown.type === "string" ? thrown.type : "";
  const known = BODY_TROUBLE[type];
  if (known !== undefined) return new LinkupError(...known);
  const status = "status" in thrown && typeof thrown.status === "number" ? thrown.status : 500;
  if (status >= 400 && status < 500)
    return new LinkupError("invalid_input", "The request can't be read: its address or its body is malformed");
  return errorOf(thrown);
}
