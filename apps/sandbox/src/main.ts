/** The sandbox as a process: read env, start, say ready, wait for a signal, close. Binds to this machine alone unless told otherwise. */
import { once } from "node:events";
import { pino } from "pino";
import { z } from "zod";
import { startSandbox } from "./start-sandbox.ts";

const Environment = z.object({
  SANDBOX_HOST: z.string().min(1).default("127.0.0.1"),
  SANDBOX_PORT: z.coerce.number().int().min(0).max(65_535).default(4010),
  LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]).default("info"),
});

const environment = Environment.safeParse(process.env);
const log = pino({ name: "sandbox", level: environment.success ? environment.data.LOG_LEVEL : "info" });
if (!environment.success) {
  log.fatal(`The settings are wrong: ${z.prettifyError(environment.error)}`);
  process.exit(1);
}

const { SANDBOX_HOST: host, SANDBOX_PORT: port } = environment.data;
const sandbox = await startSandbox({ host, port }).catch((cause: Error) => {
  log.fatal(`The sandbox could not listen on ${host}:${port}: ${cause.message}`);
  process.exit(1);
});
const signalled = Promise.race([once(process, "SIGTERM"), once(process, "SIGINT")]);
log.info({ url: sandbox.url, port: sandbox.port }, "ready");
await signalled;
await sandbox.close();
log.info("closed");
