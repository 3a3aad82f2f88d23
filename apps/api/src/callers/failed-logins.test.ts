/** How wrong secrets are slowed. */
import { expect, test } from "vitest";
import { FailedLogins } from "./failed-logins.ts";

function after(failures: number, address = "10.0.0.1") {
  const clock = { nowMs: 0 };
  const logins = new FailedLogins(() => clock.nowMs);
  for (let count = 0; count < failures; count++) logins.failed(address);
  return { clock, logins };
}

test("a few wrong secrets are free, then the pause doubles up to a minute", () => {
  expect(after(10).logins.waitMs("10.0.0.1")).toBe(0);
  expect(after(11).logins.waitMs("10.0.0.1")).toBe(1_000);
  expect(after(13).logins.waitMs("10.0.0.1")).toBe(4_000);
  expect(after(60).logins.waitMs("10.0.0.1")).toBe(60_000);
});

test("the pause ends, and after ten quiet minutes all is forgotten", () => {
  const { clock, logins } = after(11);
  clock.nowMs = 1_000;
  expect(logins.waitMs("10.0.0.1")).toBe(0);
  clock.nowMs = 700_000;
  logins.failed("10.0.0.1");
  expect(logins.waitMs("10.0.0.1")).toBe(0);
});

test("another address does not wait", () => {
  expect(after(20).logins.waitMs("10.0.0.2")).toBe(0);
});

test("wrong secrets of all addresses together are slowed too, and five a second are forgotten", () => {
  const { clock, logins } = after(0);
  for (let host = 0; host < 301; host++) logins.failed(`10.0.${host >> 8}.${host & 255}`);
  expect(logins.waitMs("10.9.9.9")).toBe(200);
  clock.nowMs = 200;
  expect(logins.waitMs("10.9.9.9")).toBe(0);
  for (let host = 0; host < 5; host++) logins.failed(`10.1.0.${host}`);
  expect(logins.waitMs("10.9.9.9")).toBe(1_000);
  clock.nowMs = 120_000;
  expect(logins.waitMs("10.9.9.9")).toBe(0);
});

test("a host's many IPv6 addresses count as one, and an IPv4 address is the same in IPv6 clothes", () => {
  const { logins } = after(20, "2001:db8:1:2:3:4:5:6");
  expect(logins.waitMs("2001:db8:1:2::9")).toBeGreaterThan(0);
  expect(logins.waitMs("2001:db8:1:3::9")).toBe(0);
  for (const clothed of ["::ffff:10.0.0.1", "::ffff:a00:1", "0:0:0:0:0:FFFF:10.0.0.1"]) {
    expect(after(20, clothed).logins.waitMs("10.0.0.1"), clothed).toBeGreaterThan(0);
  }
  for (const same of ["2001:db8::a:0:0:1", "2001:db8::b:0:0:2", "2001:DB8:0:0::c", "2001:db8:0000::d%eth0"]) {
    expect(after(20, "2001:db8::1").logins.waitMs(same), same).toBeGreaterThan(0);
  }
  for (const other of ["2001:db8:0:1::1", "2001:db8:1::1", "::1", "::ffff:10.0.0.1"]) {
    expect(after(20, "2001:db8::1").logins.waitMs(other), other).toBe(0);
  }
});

test("ten thousand addresses are remembered and no more", () => {
  const { clock, logins } = after(20);
  for (let host = 0; host < 10_000; host++) logins.failed(`host-${host}`);
  clock.nowMs = 3_000_000;
  expect(logins.waitMs("10.0.0.1")).toBe(0);
});
