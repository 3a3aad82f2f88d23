/** Renders v1's rows as the page docs/linkup-v1.md. Pure: no clock, no file, no environment. */
import { OPERATION_NAMES, type OperationName } from "@linkup-queue/contracts";
import { V1_OPERATIONS, type V1Row } from "./operations.ts";
import { proofText } from "./proofs.ts";

const INTRODUCTION = `<!-- Written by \`npm run docs\` from the rows of v1. Don't edit: change the rows and run that. -->
# Operations at LinkUp API v1

How an operation of the [catalogue](operations.md) is asked for at LinkUp API v1, and what shows that it was done. Every call is a \`POST\` with the key in the header
\`x-api-key\`. Its JSON body is the job's \`input\` with the account's token in \`login_token\` and its country in \`country\` beside it; a field goes out under its
own name, unless another is given here. The meaning of answers: [answers.md](answers.md).

`;

const PRICES = `## What it costs

Prices are credits for one call. An answer of v1 does not tell what it cost, so the price of its operation is counted for every answer that is charged: all but a 500.
Where the price of a list is not known, the dearest that is plausible is told and held before the call. The rows that were answered are counted as charged, 1 at least,
and the rest as uncertain.

Known by: \`documented\` (a page of the vendor), \`inferred\` (from the vendor's v2), \`assumed\` (nothing states it).
`;

const PROOFS = `## What proves that it was done

In doubt an answer is not a success. An HTTP 200 succeeds only with the operation's proof: LinkUp's envelope says \`status: "success"\`, no error is
told beside it, and \`data\` holds what is named here. Without the proof a write ends \`unknown\` and a read \`bad_response\`; neither is repeated by
itself, and both are charged.

Known by: [D] a vendor page was read, [C] seen in public client code only, [I] inferred.
`;

function pathRow(name: OperationName): string {
  const { path, renames = {} }: V1Row = V1_OPERATIONS[name];
  const others = Object.entries(renames).map(([ours, theirs]) => `\`${ours}\` as \`${theirs}\``);
  return `| \`${name}\` | \`${path}\` | ${others.join(", ")} |`;
}

function priceRow(name: OperationName): string {
  const { rule, evidence } = V1_OPERATIONS[name].price;
  return `| \`${name}\` | ${cell(rule)} | ${evidence} |`;
}

function proofRow(name: OperationName): string {
  const { proof } = V1_OPERATIONS[name];
  return `| \`${name}\` | ${cell(proofText(proof))} | ${cell(proof.source)} |`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

function table(head: readonly string[], rows: readonly string[]): string {
  return [`| ${head.join(" | ")} |`, `| ${head.map(() => "---").join(" | ")} |`, ...rows].join("\n");
}

/** The whole page as Markdown, ending in a newline. */
export function v1Page(): string {
  const paths = table(["operation", "path", "fields under another name"], OPERATION_NAMES.map(pathRow));
  const prices = table(["operation", "price", "known by"], OPERATION_NAMES.map(priceRow));
  const proofs = table(["operation", "proof", "known by"], OPERATION_NAMES.map(proofRow));
  return `${INTRODUCTION}\n${paths}\n\n${PRICES}\n${prices}\n\n${PROOFS}\n${proofs}\n`;
}
