/** The api process: settings, start, wait for a signal, drain. */
import "./small-heap.ts";
import { LinkupError, parseApiSettings } from "@linkup-queue/contracts";
import { pino } from "pino";
import { startApi } from "./start-api.ts";

const log = pino({ name: "api", level: process.env["LOG_LEVEL"] ?? "info" });
try {
  const settings = parseApiSettings(process.env);
  const api = await startApi({ settings, log });
  log.info({ ready: true, url: api.url, port: api.port, keyId: settings.keyId }, "ready");
  const signal = await new Promise<NodeJS.Signals>((resolve) => {
    process.once("SIGTERM", resolve);
    process.once("SIGINT", resolve);
  });
  log.info({ signal }, "draining");
  await api.close();
  log.info("stopped");
} catch (error) {
  const failure = LinkupError.from(error);
  log.fatal({ code: failure.code, err: failure.code === "internal_error" ? error : undefined }, failure.message);
  process.exitCode = 1;
}
