/** Runs a script, and all processes that it starts, as on a day of the past: Redis, the sandbox and the workers agree on it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fromNow, makeSettableClock } from "@linkup-queue/testkit";

/** Fixtures of all layouts are of about this time. */
const DAY = Date.parse("2025-07-01T08:00:00Z");

/** Runs it to its end. Throws when the clock can't be made, for want of a compiler, or when the script fails. */
export async function runOnPastDay(script: string): Promise<void> {
  const clock = await makeSettableClock();
  if (clock === null) throw new Error("a clock of the past takes Linux and a C compiler: install gcc");
  try {
    await clock.setAhead(DAY - fromNow(0).getTime());
    const child = spawn(process.execPath, [script], { stdio: "inherit", env: { ...process.env, ...clock.environment } });
    const [code] = (await once(child, "close")) as [number | null];
    if (code !== 0) throw new Error(`${script} ended with ${code}`);
  } finally {
    await clock.remove();
  }
}
