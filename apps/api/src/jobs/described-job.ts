/** A job's request for the description: one schema for each operation, so that clients are generated with its fields. Jobs are checked elsewhere. */
import { OPERATION_NAMES, OPERATIONS, type Operation, type OperationName } from "@linkup-queue/contracts";
import { JobRequest } from "@linkup-queue/queue";
import { z } from "zod";

/** `post.answer-comment` as `PostAnswerComment`. */
function pascal(name: OperationName): string {
  return name.replaceAll(/(?:^|[.-])(\w)/g, (_all, letter: string) => letter.toUpperCase());
}

const [first, ...others] = OPERATION_NAMES.map((name) => {
  const { input, least, summary }: Operation = OPERATIONS[name];
  const example = { operation: name, accountId: "ada", input: least };
  return JobRequest.extend({
    operation: z.literal(name),
    input: input.meta({ id: `${pascal(name)}Input`, description: summary, example: least }),
  }).meta({ id: `${pascal(name)}Job`, description: summary, example });
});
if (first === undefined) throw new Error("The catalogue has no operation");

export const DescribedJob = z
  .discriminatedUnion("operation", [first, ...others])
  .meta({ id: "Job", description: "One job, by its operation" });
