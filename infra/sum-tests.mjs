/** The last lines of .ci/run: each failure, then short and long tests counted together. It fails where one of the two was never counted, or counted a failure. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { countsLine, RESULTS } from "./run-tests.mjs";

const [folder = RESULTS] = process.argv.slice(2);
const sum = { passed: 0, failed: 0, skipped: 0 };
for (const kind of ["short", "long"]) {
  /** @type {import("./run-tests.mjs").Counts | null} */
  const counts = await readFile(join(folder, `${kind}.counts.json`), "utf8").then(JSON.parse, () => null);
  if (counts === null) console.log(`The ${kind} tests ended before they were counted`);
  for (const line of counts?.failures ?? []) console.log(line);
  sum.passed += counts?.passed ?? 0;
  sum.failed += counts?.failed ?? 1;
  sum.skipped += counts?.skipped ?? 0;
}
console.log(`\nShort and long tests together:\n${countsLine(sum)}`);
process.exitCode = sum.failed === 0 && sum.passed > 0 ? 0 : 1;
