/** A vitest setup file: a test file that leaves a process, a connection or a server behind fails, and is told what it left. */
import { afterAll } from "vitest";
import { compareLeftovers, findLeftovers } from "./leftovers.ts";
import { WAIT_MS, waitFor } from "./wait-for.ts";

/** Closing a socket takes a turn of the loop, a process a little longer to be reaped. The test of this file has something to leave, and no time. */
const GRACE_MS = Number(process.env["TEST_LEAK_GRACE_MS"] ?? 8_000);

const before = findLeftovers();

// Registered before any hook of the test file, so it runs after all of them.
afterAll(async () => {
  let left: string[] = [];
  const look = () => {
    left = compareLeftovers(before, findLeftovers());
    return left.length;
  };
  await waitFor(look, { what: "everything to be closed", until: (count) => count === 0, timeoutMs: GRACE_MS }).catch(() => {
    throw new Error(`This test file left something open; close or stop it in an afterEach or afterAll:\n  ${left.join("\n  ")}`);
  });
}, 2 * WAIT_MS);
