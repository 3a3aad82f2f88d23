/** A vitest setup file: each test's time limit goes into the report, where the last lines of `npm test` find those that came near it. */
import { beforeEach } from "vitest";

declare module "vitest" {
  interface TaskMeta {
    limitMs?: number;
  }
}

beforeEach(({ task }) => {
  task.meta.limitMs = task.timeout;
});
