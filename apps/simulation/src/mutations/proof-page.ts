/** docs/proof.md: how the promises are proved, and the mutations with what catches them. */
import { timesFound } from "./apply.ts";
import { MUTATIONS } from "./mutations.ts";

const INTRODUCTION = `# Proof

Written by \`npm run docs\`.

The [promises](promises.md) are held against simulated schedules: the real scripts on a real Redis, the real decision code, a virtual clock, and a scheduler that may kill, freeze or cut off a process, fail Redis over to
a replica that lacks the last writes, set it back to an older state, or step its clock, at every command. The real parts, the modelled ones, and those that are not in it: [decision 32](decisions/0032-the-promises-are-proved-by-simulated-schedules.md).

| command | does |
| --- | --- |
| \`npm test\`, \`npm run test:long\` | a thousand schedules, and a thousand more, the same ones each time |
| \`npm run fuzz -- --for 30m\` | others, on all cores, from seed 1 or \`--from\` on. The first that breaks a promise is made smaller and printed step by step, and the command ends with 1 |
| \`npm run fuzz -- --seed 42\` | the schedule of one seed, step by step |
| \`npm run fuzz -- --mutations\` | breaks the engine in each of the ways below, and sees it caught. \`npm run test:long\` does it, too |

After every schedule: in no window more requests may have arrived than the limit allows, whatever they took on their way; no write was done twice; of an account no more calls were out at once than it allows, and one log-in; every
accepted job has an outcome, no two that differ, and none says what the provider does not, also where a look settled it; the ledger and the provider's meter agree but for what the ledger calls uncertain; and nothing is left in any line, slot, lane or outbox.

## It bites

A mutation is a text of a source that is replaced by another while it is loaded ([mutations.ts](../apps/simulation/src/mutations/mutations.ts)); \`npm run check\` fails when one no longer applies. Each is caught by the schedule of its seed in
[mutations.long.test.ts](../apps/simulation/tests/mutations.long.test.ts).

| mutation | in | then | caught by seed |
| --- | --- | --- | --- |
`;

/** Why mutations do not apply any more, a line for each; none where all do. */
export function staleMutations(): string[] {
  return MUTATIONS.filter((mutation) => timesFound(mutation) !== 1).map(
    (mutation) =>
      `the mutation ${mutation.name} no longer applies: its text is ${timesFound(mutation)} times in ${mutation.file}. Give it the text that stands there now`,
  );
}

/** The page. Throws where a mutation no longer applies. */
export function proofPage(): string {
  const stale = staleMutations();
  if (stale.length > 0) throw new Error(stale.join("\n"));
  const rows = MUTATIONS.map(
    ({ name, file, breaks, seed }) => `| ${name} | [${file.split("/").at(-1)}](../${file}) | ${breaks} | ${seed} |`,
  );
  return `${INTRODUCTION}${rows.join("\n")}\n`;
}
