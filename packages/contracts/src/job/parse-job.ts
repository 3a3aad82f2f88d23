/**
 * The one check that a job passes on its way in, whoever added it: operation, queue, data and input together.
 * Free of charge, and no message of it ever holds a value of the job.
 */
import { excessOf } from "../input/bounds.ts";
import { isOperation, OPERATIONS, type OperationName } from "../operations/catalogue.ts";
import type { Operation } from "../operations/operation.ts";
import { LinkupError } from "../outcome/error.ts";
import { describeIssues, type Issue, issuesOf } from "../outcome/issues.ts";
import { JobData } from "./job.ts";
import { onUnknownProblem } from "./on-unknown.ts";

/** A job as BullMQ holds it: nothing about it is known yet. */
export type RawJob = { queue: string; name: string; data: unknown };

export type ParsedJob = {
  operation: OperationName;
  definition: Operation;
  /** Defaults filled in, `input` in its canonical form. */
  data: JobData;
};

/** `thrown`: what a check of ours threw, for the log; its words may hold values of the job. */
export type JobCheck = { ok: true; job: ParsedJob } | { ok: false; issues: Issue[]; thrown?: unknown };

function nameIssue({ queue, name }: RawJob): Issue | null {
  if (!isOperation(name)) return { path: "operation", message: "is not a known operation (the job's name)" };
  const home = OPERATIONS[name].queue;
  return queue === home ? null : { path: "queue", message: `${name} belongs in the queue ${home}` };
}

/** The raw `input` of a job's data, when it is an object at all: what is wrong in it is told also where other parts are wrong. */
function rawInput(data: unknown): object | null {
  const input: unknown = typeof data === "object" && data !== null && Object.hasOwn(data, "input") ? Reflect.get(data, "input") : null;
  return typeof input === "object" && input !== null && !Array.isArray(input) ? input : null;
}

function below(path: string, issues: readonly Issue[]): Issue[] {
  return issues.map((issue) => ({ path: issue.path === "" ? path : `${path}.${issue.path}`, message: issue.message }));
}

/**
 * A job, checked as a whole, or everything that is wrong with it. Paths are those of the job's data; `operation` and `queue` are its own.
 * It never throws: a job that can't be checked is a bad one, and thrown on it would come again for ever.
 */
export function checkJob(raw: RawJob): JobCheck {
  const excess = excessOf(raw.data);
  if (excess !== null) return { ok: false, issues: [{ path: "data", message: excess }] };
  try {
    return checkWithinBounds(raw);
  } catch (thrown) {
    return { ok: false, issues: [{ path: "data", message: "can't be checked; the log has the reason" }], thrown };
  }
}

function checkWithinBounds(raw: RawJob): JobCheck {
  const issues: Issue[] = [];
  const misnamed = nameIssue(raw);
  if (misnamed !== null) issues.push(misnamed);

  const data = JobData.safeParse(raw.data);
  if (!data.success) for (const issue of issuesOf(data.error)) issues.push({ ...issue, path: issue.path === "" ? "data" : issue.path });
  if (!isOperation(raw.name)) return { ok: false, issues };

  const definition: Operation = OPERATIONS[raw.name];
  const sent = rawInput(raw.data);
  if (sent === null) return { ok: false, issues };
  const input = definition.input.safeParse(sent);
  if (!input.success) for (const issue of below("input", issuesOf(input.error))) issues.push(issue);
  const problem = data.data === undefined ? null : onUnknownProblem(raw.name, data.data.onUnknown);
  if (problem !== null) issues.push({ path: "onUnknown", message: problem });
  if (data.data?.template !== undefined && data.data.campaignId === undefined) {
    issues.push({ path: "template", message: "is for the jobs of campaigns" });
  }
  if (!data.success || !input.success || issues.length > 0) return { ok: false, issues };
  const job = {
    operation: raw.name,
    definition,
    data: { ...data.data, input: input.data },
  };
  return { ok: true, job };
}

/**
 * A job, checked as a whole: its operation and that it lies in the right queue, its data, its input in canonical form.
 * @throws LinkupError `invalid_input` whose message lists what is wrong as `path: message`, ten issues at most.
 */
export function parseJob(raw: RawJob): ParsedJob {
  const check = checkJob(raw);
  if (check.ok) return check.job;
  throw new LinkupError("invalid_input", `The job is not valid: ${describeIssues(check.issues)}`);
}
