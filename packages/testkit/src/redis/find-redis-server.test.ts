/** Readers of what servers and apt print. */
import { expect, test } from "vitest";
import { readCandidate } from "../machine/install-with-apt.ts";
import { readVersion } from "./find-redis-server.ts";

test.each([
  ["Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=d81bff71cf150e", "7.0.15"],
  ["Valkey server v=8.1.1 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=1", "8.1.1"],
  ["Server v=8.0.1 sha=00000000:1 malloc=libc bits=64 build=2", "8.0.1"],
  ["something else", null],
])("the version in %j is %s", (text, version) => {
  expect(readVersion(text)).toBe(version);
});

test.each([
  ["redis-server:\n  Installed: (none)\n  Candidate: 5:7.0.15-1~deb12u7\n", "7.0.15"],
  ["valkey-server:\n  Installed: (none)\n  Candidate: 8.1.1+dfsg1-3\n", "8.1.1"],
  ["postgresql:\n  Installed: (none)\n  Candidate: 15+248+deb12u1\n", "15"],
  ["redis-server:\n  Installed: (none)\n  Candidate: (none)\n", null],
  ["", null],
])("apt's candidate in %j is %s", (text, version) => {
  expect(readCandidate(text)).toBe(version);
});
