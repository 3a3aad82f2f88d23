/** Processes under test: ready lines, deaths and signals. */
import { expect, test } from "vitest";
import { spawnProcess } from "../src/index.ts";

const program = (text: string): readonly string[] => ["-e", text];
const stayAlive = "setInterval(() => {}, 1000);";

test("a process is handed over once it said that it is ready", async () => {
  const child = await spawnProcess({
    args: program(`console.log('{"msg":"starting"}'); console.log('{"msg":"ready","port":7}'); ${stayAlive}`),
  });
  expect(child.ready).toEqual({ msg: "ready", port: 7 });
  expect(await child.kill("SIGKILL")).toEqual({ code: null, signal: "SIGKILL" });
});

test("a process that ends before it is ready is an error that shows its last words", async () => {
  const failed = spawnProcess({ args: program(`console.log('{"msg":"bad setting"}'); console.error('boom'); process.exit(3)`) });
  await expect(failed).rejects.toThrow(/ended \(3\) before it was ready[\s\S]*bad setting[\s\S]*boom/);
});

test("a process that stays silent is killed and told", async () => {
  await expect(spawnProcess({ args: program(stayAlive), readyTimeoutMs: 300 })).rejects.toThrow(
    /took more than 300 ms before it was ready/,
  );
});

test("a command that does not exist is an error, not a crash", async () => {
  await expect(spawnProcess({ command: "/nowhere/at-all", args: [] })).rejects.toThrow(/Could not start: \/nowhere\/at-all/);
});

test("lines to come can be awaited, and waiting ends with the process", async () => {
  const child = await spawnProcess({
    args: program(`process.on("SIGUSR2", () => console.log('{"msg":"told"}')); console.log('{"msg":"ready"}'); ${stayAlive}`),
  });
  const told = child.waitForLine((line) => line.msg === "told", { what: "it was told" });
  child.signal("SIGUSR2");
  expect(await told).toEqual({ msg: "told" });
  const never = child.waitForLine((line) => line.msg === "never", { what: "never" });
  const failed = expect(never).rejects.toThrow(/ended \(SIGTERM\) before never/);
  await child.kill();
  await failed;
});

test("settings of the developer's shell do not reach the process", async () => {
  process.env.LINKUP_LEAKED = "1";
  try {
    const child = await spawnProcess({
      args: program(
        "console.log(JSON.stringify({ msg: 'ready', names: Object.keys(process.env).filter((name) => name.startsWith('LINKUP_')) }))",
      ),
      env: { LINKUP_GIVEN: "1" },
    });
    expect(child.ready.names).toEqual(["LINKUP_GIVEN"]);
    expect(await child.exited).toEqual({ code: 0, signal: null });
  } finally {
    delete process.env.LINKUP_LEAKED;
  }
});
