/** Seals anew at a start what a former key or version sealed, and again each minute while a second key is set: others may still seal with it. */
import type { TroubleTeller } from "@linkup-queue/contracts";
import type { Engine } from "@linkup-queue/queue";
import type { Logger } from "pino";

const EVERY_MS = 60_000;
const DONE_FIELD = "sealed";

/** Answers what stops it. Trouble is told and tried again: nothing waits for it. */
export async function startResealing(
  { scripts, secrets, accounts, resealSecrets }: Engine,
  { log, trouble }: { log: Logger; trouble: TroubleTeller },
): Promise<() => void> {
  const key = scripts.keys.state;
  const reseal = async () => {
    await sealAnew();
    // Each is told where the engine tells of changes.
    await accounts.recoverReadable();
  };
  const sealAnew = async () => {
    if (!secrets.isRotating && (await scripts.client.hget(key, DONE_FIELD)) === secrets.sealedAs) return;
    const { resealed, left } = await resealSecrets();
    if (resealed > 0) log.info({ resealed }, "sealed secrets anew with LINKUP_SECRETS_KEY");
    if (left > 0) log.warn({ left }, "secrets are stored that no key of ours opens: register their accounts anew");
    else await scripts.client.hset(key, DONE_FIELD, secrets.sealedAs);
  };
  const onError = (error: unknown) => trouble.see(error, "secrets were not sealed anew");
  await reseal().catch(onError);
  if (!secrets.isRotating) return () => undefined;
  log.info("everything that is stored is opened with two keys: see the operations guide on when LINKUP_SECRETS_KEY_OLD can be left out");
  const timer = setInterval(() => reseal().catch(onError), EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
