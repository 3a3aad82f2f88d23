/** The worker process: settings, start, wait for a signal, drain. */
import { LinkupError, parseWorkerSettings, processLog, providerHost } from "@linkup-queue/contracts";
import { startWorker } from "./start-worker.ts";

const log = processLog("worker", {
  secrets: [process.env["LINKUP_API_KEY"], process.env["LINKUP_SECRETS_KEY"], process.env["LINKUP_SECRETS_KEY_OLD"]],
});
try {
  const settings = parseWorkerSettings(process.env);
  log.level = settings.logLevel;
  const worker = await startWorker({ settings, log });
  const signalled = new Promise<NodeJS.Signals>((resolve) => {
    process.once("SIGTERM", resolve);
    process.once("SIGINT", resolve);
  });
  log.info({ ready: true, healthPort: worker.healthPort, keyId: settings.keyId, provider: providerHost(settings.baseUrl) }, "ready");
  const why = await Promise.race([signalled, worker.lost]);
  if (why instanceof LinkupError) log.fatal({ code: why.code }, why.message);
  else log.info({ signal: why }, "draining");
  await worker.drain();
  log.info("stopped");
  // Connections to a Redis that is away must not keep the process.
  process.exit(why instanceof LinkupError ? 1 : 0);
} catch (error) {
  const failure = LinkupError.from(error);
  log.fatal({ code: failure.code, err: failure.code === "internal_error" ? error : undefined }, failure.message);
  process.exitCode = 1;
}
