/**
 * One fresh TCP or TLS connection, open and idle, over which nothing was sent yet.
 * Never pooled: an idle socket that the provider closes at the wrong moment would make a call `unknown`.
 */
import { connect, isIP, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { LinkupError } from "@linkup-queue/contracts";

/** Where calls go. `ca` is PEM that is trusted instead of Node's own list, for a private gateway. */
export type ProviderAddress = { url: URL; ca?: string };

/** The last TLS session ticket, so that a fresh connection needs no full handshake. */
export type SessionCache = { ticket: Buffer | undefined };

export type Connection = {
  /** The stream to which the request is written: the TCP socket, or TLS over it. */
  socket: Socket;
  /** The TCP socket below it. */
  tcp: Socket;
  /** True while it can still carry a request. */
  isOpen: () => boolean;
  /** Ends it after a whole answer. */
  close: () => void;
  /** Ends it at once with a TCP reset, so that nothing still buffered on the way can arrive later. Nothing on one that is closed. */
  reset: () => void;
};

/**
 * The address behind LINKUP_BASE_URL.
 * Throws LinkupError configuration_invalid, without repeating the address: somebody may have put a secret into it.
 */
export function providerAddress(baseUrl: string, ca?: string): ProviderAddress {
  const url = URL.parse(baseUrl);
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:")) {
    throw new LinkupError("configuration_invalid", "LINKUP_BASE_URL must be an http or https address, like https://api.linkupapi.com");
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    throw new LinkupError("configuration_invalid", "LINKUP_BASE_URL must hold no user name, password, query or fragment");
  }
  return ca === undefined ? { url } : { url, ca };
}

/**
 * Opens a connection and settles once it is ready for a request: connected, and for https verified.
 * Rejects with the socket's error, or with the signal's reason; then no connection is left behind.
 */
export function openConnection(address: ProviderAddress, sessions: SessionCache, signal: AbortSignal): Promise<Connection> {
  const { promise, resolve, reject } = Promise.withResolvers<Connection>();
  if (signal.aborted) return Promise.reject(signal.reason);
  const isTls = address.url.protocol === "https:";
  const host = address.url.hostname.replace(/^\[|\]$/g, "");
  const tcp = connect({ host, port: Number(address.url.port || (isTls ? 443 : 80)), noDelay: true });
  const giveUp = (reason: unknown): void => {
    tcp.destroy();
    reject(reason);
  };
  const onAbort = (): void => giveUp(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  // The listeners for errors stay: between here and the request nobody else listens, and an unheard error ends the process.
  tcp.on("error", giveUp);
  tcp.once("close", () => reject(new Error("The connection closed before it was ready")));
  tcp.once("connect", () => {
    if (!isTls) return resolve(connectionOver(tcp, tcp));
    const tls = startTls({ tcp, host, address, sessions });
    tls.on("error", (error) => {
      sessions.ticket = undefined;
      giveUp(error);
    });
    tls.once("secureConnect", () => resolve(connectionOver(tls, tcp)));
  });
  return promise.finally(() => signal.removeEventListener("abort", onAbort));
}

type TlsStart = { tcp: Socket; host: string; address: ProviderAddress; sessions: SessionCache };

function startTls({ tcp, host, address, sessions }: TlsStart): TLSSocket {
  const tls = connectTls({
    socket: tcp,
    host,
    ALPNProtocols: ["http/1.1"],
    // A server name must not be an IP address (RFC 6066).
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(address.ca === undefined ? {} : { ca: address.ca }),
    ...(sessions.ticket === undefined ? {} : { session: sessions.ticket }),
  });
  tls.on("session", (ticket) => {
    sessions.ticket = ticket;
  });
  return tls;
}

function connectionOver(socket: Socket, tcp: Socket): Connection {
  return {
    socket,
    tcp,
    isOpen: () => !tcp.destroyed && !socket.destroyed && socket.writable && !socket.readableEnded,
    close: () => {
      socket.destroy();
      tcp.destroy();
    },
    // TLS has no reset of its own; the TCP socket below it does.
    reset: () => {
      if (!tcp.destroyed) tcp.resetAndDestroy();
      socket.destroy();
    },
  };
}
