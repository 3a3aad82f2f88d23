/**
 * Where the provider is, by the text of its address alone: nothing is looked up and nobody is asked. It decides whether development values
 * may stand beside that address, so what it does not know counts as the internet.
 */
import { BlockList, isIPv4, isIPv6 } from "node:net";

/** This machine's and private networks' addresses: loopback, RFC 1918 and 4193, link-local. An IPv4 address in IPv6 is found as itself. */
const OWN = new BlockList();
for (const [network, prefix] of [
  ["127.0.0.0", 8],
  ["10.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["169.254.0.0", 16],
] as const)
  OWN.addSubnet(network, prefix, "ipv4");
for (const [network, prefix] of [
  ["::1", 128],
  ["fc00::", 7],
  ["fe80::", 10],
] as const)
  OWN.addSubnet(network, prefix, "ipv6");

/** The host of an http or https address as people know it: with its port where that is not the scheme's own. Throws for what is no address. */
export function providerHost(baseUrl: string): string {
  return new URL(baseUrl).host;
}

/**
 * Whether an http or https address leads to this machine or a private network: its host is a loopback, private or link-local address, a name
 * without a dot, or one under `localhost` (RFC 6761). Other addresses of a name are not known here. Throws for what is no address.
 */
export function leadsToOwnHost(baseUrl: string): boolean {
  // The parser has already made one spelling of each address: 2130706433, 0x7f.1 and 127.1 are 127.0.0.1 here.
  const host = new URL(baseUrl).hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  if (isIPv4(host)) return OWN.check(host, "ipv4");
  if (isIPv6(host)) return OWN.check(host, "ipv6");
  return host !== "" && (!host.includes(".") || host.endsWith(".localhost"));
}
