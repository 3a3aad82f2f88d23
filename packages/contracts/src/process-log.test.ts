import { Writable } from "node:stream";
import { expect, test } from "vitest";
import { loggedError, processLog } from "./process-log.ts";

function linesOf(write: (log: ReturnType<typeof processLog>) => void, secrets: readonly (string | undefined)[] = []): string {
  let text = "";
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      text += chunk.toString("utf8");
      done();
    },
  });
  write(processLog("test", { destination: sink, secrets }));
  return text;
}

test("a line tells an error's message, code, stack and causes, and nothing that a client hung on it", () => {
  const refused = Object.assign(new Error("OOM command not allowed"), {
    code: "ERR",
    command: { name: "evalsha", args: ["the-message-text", Buffer.from("a packed outcome")] },
  });
  const text = linesOf((log) => log.error({ err: new Error("not settled", { cause: refused }) }, "trouble"));
  expect(JSON.parse(text)).toMatchObject({
    msg: "trouble",
    err: { type: "Error", message: "not settled", cause: { message: "OOM command not allowed", code: "ERR" } },
  });
  expect(text).toContain("process-log.test.ts");
  expect(text).not.toMatch(/the-message-text|evalsha|"args"|"command"/);
});

test("a thrown value that is no Error is told by its kind alone", () => {
  expect(loggedError("a secret")).toEqual({ type: "string", message: "not an Error" });
  expect(loggedError({ token: "a secret" })).toEqual({ type: "object", message: "not an Error" });
});

test("causes that go in a circle come to an end", () => {
  const first = new Error("first");
  first.cause = new Error("second", { cause: first });
  expect(JSON.stringify(loggedError(first)).length).toBeLessThan(20_000);
});

test("a secret of the process is in no line, wherever in it somebody put it, and every line is still JSON", () => {
  const secret = 'live-"key"-0123456789';
  const text = linesOf(
    (log) => {
      log.info({ [secret]: { deep: [`x${secret}y`] }, url: `https://example.com/?key=${secret}` }, `said ${secret}`);
      log.error({ err: new Error(`refused ${secret}`, { cause: new Error(secret) }) }, "trouble");
      log.child({ bound: secret }).warn("bound");
    },
    [` ${secret}\n`, undefined, "info"],
  );
  const lines = text.trim().split("\n");
  expect(lines).toHaveLength(3);
  for (const line of lines) expect(() => JSON.parse(line) as unknown).not.toThrow();
  expect(text).not.toContain(JSON.stringify(secret).slice(1, -1));
  expect(text).not.toContain(secret);
});
