/**
 * Asks whether LinkUp's address answers at all, when a worker starts. Connects and hangs up: no HTTP request, so it costs nothing.
 */
import { LinkupError } from "@linkup-queue/contracts";
import { startCallClock } from "./call-clock.ts";
import { openConnection, providerAddress } from "./connection.ts";

/**
 * Settles when a TCP connection, and for https a verified TLS one, could be opened within `timeoutMs`.
 * Throws LinkupError provider_unreachable that says what to check, configuration_invalid for an address that cannot be used.
 */
export async function checkProviderAddress(baseUrl: string, timeoutMs: number, ca?: string): Promise<void> {
  const address = providerAddress(baseUrl, ca);
  const clock = startCallClock(timeoutMs, []);
  try {
    const connection = await openConnection(address, { ticket: undefined }, clock.signal);
    // Said goodbye to, a TLS server logs no broken handshake.
    connection.socket.end(connection.close);
  } catch (cause) {
    const trouble = clock.cause() === "deadline" ? `did not answer within ${timeoutMs} ms` : `refused the connection${reasonOf(cause)}`;
    throw new LinkupError(
      "provider_unreachable",
      `LinkUp at ${address.url.origin} ${trouble}: check LINKUP_BASE_URL, the network, and for https the certificate; no call was made`,
      { cause },
    );
  } finally {
    clock.stop();
  }
}

/** Node's short code (ECONNREFUSED, ENOTFOUND, DEPTH_ZERO_SELF_SIGNED_CERT, ...), which holds nothing of ours. */
function reasonOf(cause: unknown): string {
  return cause instanceof Error && "code" in cause && typeof cause.code === "string" ? ` (${cause.code})` : "";
}
