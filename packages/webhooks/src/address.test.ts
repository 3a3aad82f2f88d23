/** Which addresses a webhook may reach: the table of ranges, in every way of writing them, and names that lead there. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isPublicAddress, isRefused, type ResolveName } from "./address.ts";

const REFUSED = [
  ["127.0.0.1", "this machine"],
  ["127.255.255.254", "this machine"],
  ["0.0.0.0", "this machine"],
  ["10.0.0.1", "a private network"],
  ["172.16.0.1", "a private network"],
  ["172.31.255.255", "a private network"],
  ["192.168.1.1", "a private network"],
  ["100.64.0.1", "a carrier's network"],
  ["169.254.169.254", "a cloud's metadata"],
  ["168.63.129.16", "a cloud's host"],
  ["198.18.0.1", "a test network"],
  ["224.0.0.1", "a group"],
  ["255.255.255.255", "everybody"],
  ["::1", "this machine"],
  ["::", "this machine"],
  ["fc00::1", "a private network"],
  ["fd12:3456::1", "a private network"],
  ["fe80::1", "a link"],
  ["ff02::1", "a group"],
  ["::ffff:127.0.0.1", "IPv4 in IPv6"],
  ["::ffff:10.1.2.3", "IPv4 in IPv6"],
  ["::ffff:a9fe:a9fe", "IPv4 in IPv6"],
  ["::127.0.0.1", "IPv4 in IPv6, the old way"],
  ["64:ff9b::7f00:1", "IPv4 through NAT64"],
  ["2002:7f00:1::", "IPv4 through 6to4"],
  ["2001:db8::1", "an example"],
  ["fec0::1", "a site"],
  ["not an address", "no address"],
] as const;

describe("addresses that are not the public internet", () => {
  test.each(REFUSED)("%s is refused: %s", (address) => expect(isPublicAddress(address)).toBe(false));

  test("no address of 10/8, 172.16/12, 192.168/16, 127/8 or 169.254/16 passes, plain or mapped into IPv6", () => {
    const byte = fc.integer({ min: 0, max: 255 });
    const start = fc.oneof(
      fc.tuple(fc.constant(10), byte),
      fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 })),
      fc.constant([192, 168]),
      fc.tuple(fc.constant(127), byte),
      fc.constant([169, 254]),
    );
    fc.assert(
      fc.property(start, byte, byte, (head, third, fourth) => {
        const address = [...head, third, fourth].join(".");
        return !isPublicAddress(address) && !isPublicAddress(`::ffff:${address}`);
      }),
    );
  });
});

test.each(["93.184.216.34", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])("%s may be reached", (address) =>
  expect(isPublicAddress(address)).toBe(true),
);

describe("a URL is refused", () => {
  const names: Record<string, string[]> = {
    "public.example": ["93.184.216.34"],
    "inner.example": ["10.0.0.7"],
    "both.example": ["93.184.216.34", "::1"],
  };
  const resolve: ResolveName = (name) => {
    if (name === "silent.example") return new Promise(() => undefined);
    const found = names[name];
    if (found === undefined) return Promise.reject(new Error("no such name"));
    return Promise.resolve(found.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })));
  };
  const rows = [
    ["http://127.0.0.1:8080/", true],
    ["http://2130706433/", true],
    ["http://0x7f.1/", true],
    ["http://[::1]/", true],
    ["http://[::ffff:10.0.0.1]/", true],
    ["http://169.254.169.254/latest/meta-data", true],
    ["https://inner.example/", true],
    ["https://both.example/", true],
    ["http://localhost/", true],
    ["http://localhost./", true],
    ["https://inner.LOCALHOST/", true],
    ["https://notlocalhost/", false],
    ["https://public.example/", false],
    ["https://8.8.8.8/", false],
    ["https://unknown.example/", false],
    ["https://silent.example/", false],
  ] as const;
  test.each(rows)("%s: %s", async (url, refused) => {
    expect(await isRefused(url, { allowPrivate: false, resolve })).toBe(refused);
    expect(await isRefused(url, { allowPrivate: true, resolve })).toBe(false);
  });
});
