/** The api process: settings, start, wait for a signal, drain. */
import "./small-heap.ts";
import { LinkupError, parseApiSettings, processLog, providerHost } from "@linkup-queue/contracts";

const log = processLog("api", { secrets: [process.env["LINKUP_SECRETS_KEY"], process.env["LINKUP_SECRETS_KEY_OLD"]] });
try {
  const settings = parseApiSettings(process.env);
  log.level = settings.logLevel;
  // Only now, when the process is kept small: what is imported above is loaded before any line of this file runs.
  const { startApi } = await import("./start-api.ts");
  const { V1_PRICES } = await import("@linkup-queue/linkup/prices");
  const api = await startApi({ settings, log, prices: V1_PRICES });
  const signalled = new Promise<NodeJS.Signals>((resolve) => {
    process.once("SIGTERM", resolve);
    process.once("SIGINT", resolve);
  });
  log.info({ ready: true, url: api.url, port: api.port, keyId: settings.keyId, provider: providerHost(settings.baseUrl) }, "ready");
  log.info({ signal: await signalled }, "draining");
  await api.close();
  log.info("stopped");
} catch (error) {
  const failure = LinkupError.from(error);
  log.fatal({ code: failure.code, err: failure.code === "internal_error" ? error : undefined }, failure.message);
  process.exitCode = 1;
}
