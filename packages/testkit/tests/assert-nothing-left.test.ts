/** The leak check is itself run as vitest runs it: on a test file that leaks, and on one that does not. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = join(import.meta.dirname, "../../..");
let folder = "";

beforeAll(async () => {
  await mkdir(join(root, ".local"), { recursive: true });
  folder = await mkdtemp(join(root, ".local/leaks-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function runTestFile(
  name: string,
  body: string,
  more: Readonly<Record<string, string>> = {},
): Promise<{ code: unknown; text: string }> {
  const file = join(folder, `${name}.test.ts`);
  await writeFile(file, `import { test } from "vitest";\n${body}\n`);
  const config = join(folder, "vitest.config.ts");
  const setup = join(root, "packages/testkit/src/suite/assert-nothing-left.ts");
  await writeFile(config, `export default { test: { include: ["*.test.ts"], setupFiles: [${JSON.stringify(setup)}], pool: "forks" } };\n`);
  const vitest = spawn(process.execPath, [join(root, "node_modules/vitest/vitest.mjs"), "run", "--root", folder, file], {
    env: { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "", NO_COLOR: "1", ...more },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [vitest.stdout, vitest.stderr]) {
    stream.setEncoding("utf8").on("data", (part: string) => {
      text += part;
    });
  }
  const [code] = await once(vitest, "close");
  return { code, text };
}

test("a test file that leaves a server and a process behind fails and names both", async () => {
  const { code, text } = await runTestFile(
    "leaky",
    `import { spawn } from "node:child_process";
     import { createServer } from "node:net";
     import { once } from "node:events";
     test("leaks", async () => {
       const server = createServer().listen(0, "127.0.0.1");
       await once(server, "listening");
       spawn("sleep", ["300"], { stdio: "ignore" }).unref();
     });`,
    { TEST_LEAK_GRACE_MS: "100" },
  );
  expect(code).toBe(1);
  expect(text).toContain("left something open");
  expect(text).toContain("1 x TCPServerWrap");
  const left = /process (\d+) sleep 300/.exec(text)?.[1];
  expect(left).toBeDefined();
  process.kill(Number(left), "SIGKILL");
});

test("a test file that closes what it opened passes", async () => {
  const { code, text } = await runTestFile(
    "tidy",
    `import { createServer } from "node:net";
     import { once } from "node:events";
     test("tidies up", async () => {
       const server = createServer().listen(0, "127.0.0.1");
       await once(server, "listening");
       server.close();
     });`,
  );
  expect(text).toContain("1 passed");
  expect(code).toBe(0);
});
