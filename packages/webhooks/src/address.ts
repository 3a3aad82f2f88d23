/**
 * Which addresses a webhook may be posted to: the public internet, unless the operator allows more. Whoever may register a webhook must not
 * be able to reach what stands beside us: neighbours, this machine, a cloud's metadata.
 */
import type { LookupAddress } from "node:dns";
import { lookup as systemLookup } from "node:dns/promises";
import { setTimeout as sleep } from "node:timers/promises";
import ipaddr from "ipaddr.js";

/** All addresses of a name. The system's own resolver, or a test's. */
export type ResolveName = (name: string) => Promise<readonly LookupAddress[]>;

export const resolveName: ResolveName = (name) => systemLookup(name, { all: true, verbatim: true });

/** Global unicast (RFC 4291): everything outside is local, special or not given out. */
const GLOBAL_V6 = ipaddr.IPv6.parseCIDR("2000::/3");

/** Public by number, and a cloud's own host: Azure's WireServer, which every machine there reaches. */
const CLOUD_HOSTS: ReadonlySet<string> = new Set(["168.63.129.16"]);

/** Whether an IP address is one of the public internet's. False for what is no IP address. */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false;
  // An IPv4 address inside an IPv6 one is judged as what it is.
  const address = ipaddr.process(text);
  if (address.range() !== "unicast" || CLOUD_HOSTS.has(address.toString())) return false;
  return address instanceof ipaddr.IPv4 || address.match(GLOBAL_V6);
}

/** The IP address that a URL's host is, without its brackets; null for a name. */
export function literalAddress(url: URL): string | null {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  return ipaddr.isValid(host) ? host : null;
}

/** A resolver may think for half a minute; a person who registers a webhook waits this long, ms. */
const RESOLVE_WITHIN_MS = 2_000;

/** Names that are this machine's, whatever a resolver says of them (RFC 6761). */
const THIS_MACHINE = /(?:^|\.)localhost\.?$/i;

async function resolveSoon(name: string, resolve: ResolveName): Promise<readonly LookupAddress[]> {
  const tooLate = new AbortController();
  const late = sleep(RESOLVE_WITHIN_MS, [], { signal: tooLate.signal, ref: false });
  try {
    return await Promise.race([resolve(name), late]);
  } catch {
    return [];
  } finally {
    tooLate.abort();
    late.catch(() => undefined);
  }
}

/**
 * Whether posts to a URL would be refused now. A name that can't be resolved is not refused: it may be tomorrow, and each post is checked
 * again.
 */
export async function isRefused(url: string, { allowPrivate, resolve = resolveName }: { allowPrivate: boolean; resolve?: ResolveName }) {
  if (allowPrivate) return false;
  const parsed = new URL(url);
  if (THIS_MACHINE.test(parsed.hostname)) return true;
  const literal = literalAddress(parsed);
  const addresses = literal === null ? await resolveSoon(parsed.hostname, resolve) : [{ address: literal }];
  return addresses.some(({ address }) => !isPublicAddress(address));
}
