/**
 * The address from which a request came: the connection's, or the one that a proxy of API_TRUSTED_PROXIES tells in X-Forwarded-For.
 * Nothing that anybody else wrote into that header is ever believed.
 */
import { isIP } from "node:net";
import type { Request } from "express";

/** The address of who called, as text; empty for a connection that is gone. */
export function callerAddress({ ip, socket }: Request): string {
  const told = withoutPort(ip ?? "");
  return isIP(told) === 0 ? (socket.remoteAddress ?? "") : told;
}

/** Some proxies write `host:port` and `[host]:port`. */
function withoutPort(text: string): string {
  return /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
}
