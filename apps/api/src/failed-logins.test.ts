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
  expect(after(10).logins.waitMs("10.0.0.1", null)).toBe(0);
  expect(after(11).logins.waitMs("10.0.0.1", null)).toBe(1_000);
  expect(after(13).logins.waitMs("10.0.0.1", null)).toBe(4_000);
  expect(after(60).logins.waitMs("10.0.0.1", null)).toBe(60_000);
});

test("the pause ends, and after ten quiet minutes all is forgotten", () => {
  const { clock, logins } = after(11);
  clock.nowMs = 1_000;
  expect(logins.waitMs("10.0.0.1", null)).toBe(0);
  clock.nowMs = 700_000;
  logins.failed("10.0.0.1");
  expect(logins.waitMs("10.0.0.1", null)).toBe(0);
});

test("another address does not wait, nor does a caller who logged in from there before", () => {
  const { logins } = after(20);
  expect(logins.waitMs("10.0.0.2", null)).toBe(0);
  const shared = new FailedLogins(() => 0);
  shared.succeeded("10.0.0.1", "known");
  for (let count = 0; count < 20; count++) shared.failed("10.0.0.1");
  expect(shared.waitMs("10.0.0.1", "known")).toBe(0);
  expect(shared.waitMs("10.0.0.1", "stranger")).toBeGreaterThan(0);
});

test("a host's many IPv6 addresses count as one, and an IPv4 address is the same in IPv6 clothes", () => {
  const { logins } = after(20, "2001:db8:1:2:3:4:5:6");
  expect(logins.waitMs("2001:db8:1:2::9", null)).toBeGreaterThan(0);
  expect(logins.waitMs("2001:db8:1:3::9", null)).toBe(0);
  for (const clothed of ["::ffff:10.0.0.1", "::ffff:a00:1", "0:0:0:0:0:FFFF:10.0.0.1"]) {
    expect(after(20, clothed).logins.waitMs("10.0.0.1", null), clothed).toBeGreaterThan(0);
  }
  for (const same of ["2001:db8::a:0:0:1", "2001:db8::b:0:0:2", "2001:DB8:0:0::c", "2001:db8:0000::d%eth0"]) {
    expect(after(20, "2001:db8::1").logins.waitMs(same, null), same).toBeGreaterThan(0);
  }
  for (const other of ["2001:db8:0:1::1", "2001:db8:1::1", "::1", "::ffff:10.0.0.1"]) {
    expect(after(20, "2001:db8::1").logins.waitMs(other, null), other).toBe(0);
  }
});

test("ten thousand addresses are remembered and no more", () => {
  const { logins } = after(20);
  for (let host = 0; host < 10_000; host++) logins.failed(`host-${host}`);
  expect(logins.waitMs("10.0.0.1", null)).toBe(0);
});
