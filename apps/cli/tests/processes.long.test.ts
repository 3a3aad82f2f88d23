/** The command line's other tests once more, each command as a process of its own, as a person starts it. */
import { afterAll, describe } from "vitest";

process.env["TEST_COMMANDS"] = "processes";
afterAll(() => {
  delete process.env["TEST_COMMANDS"];
});

for (const name of ["accounts", "campaigns", "doctor", "help", "jobs", "redis-user"]) {
  describe(name, async () => {
    await import(`./${name}.test.ts`);
  });
}
