import { START_MS } from "@linkup-queue/testkit";
import { expect, test } from "vitest";
import { SESSION_MS, Sessions } from "./session.ts";

const TOKENS = [
  { name: "anna", role: "admin", secret: "secret-of-anna-123456" },
  { name: "vera", role: "viewer", secret: "secret-of-vera-123456" },
] as const;
const key = Buffer.alloc(32, 7);

function sessions(parts: Partial<ConstructorParameters<typeof Sessions>[0]> = {}) {
  const clock = { nowMs: START_MS };
  return { clock, sessions: new Sessions({ keyId: "spring", secretsKey: key, tokens: TOKENS, now: () => clock.nowMs, ...parts }) };
}

/** The cookie as the browser sends it back. */
const sentBack = (setCookie: string) => setCookie.split(";")[0] ?? "";
const anna = { name: "anna", role: "admin" } as const;

test("a session is known by every api with the same settings, for twelve hours", () => {
  const one = sessions();
  const cookie = sentBack(one.sessions.begin(anna, { secure: false }));
  const other = sessions();
  expect(other.sessions.read(cookie)?.caller).toEqual(anna);
  expect(other.sessions.read(cookie)?.csrf).toBe(one.sessions.read(cookie)?.csrf);
  other.clock.nowMs += SESSION_MS - 1;
  expect(other.sessions.read(cookie)).not.toBeNull();
  other.clock.nowMs += 1;
  expect(other.sessions.read(cookie)).toBeNull();
});

test("it ends when its token is removed, or gets another secret, and goes by the role that the token has now", () => {
  const cookie = sentBack(sessions().sessions.begin(anna, { secure: false }));
  expect(sessions({ tokens: [TOKENS[1]] }).sessions.read(cookie)).toBeNull();
  expect(sessions({ tokens: [{ ...TOKENS[0], secret: "another-secret-of-anna" }] }).sessions.read(cookie)).toBeNull();
  expect(sessions({ secretsKey: Buffer.alloc(32, 8) }).sessions.read(cookie)).toBeNull();
  expect(sessions({ tokens: [{ ...TOKENS[0], role: "viewer" }] }).sessions.read(cookie)?.caller.role).toBe("viewer");
});

test("the cookie is for this console alone, and no script reads it", () => {
  const { sessions: plain } = sessions();
  expect(plain.begin(anna, { secure: false })).toMatch(
    /^linkup-console-spring=.*; Max-Age=43200; Path=\/console; HttpOnly; SameSite=Strict$/,
  );
  expect(plain.begin(anna, { secure: true })).toContain("Secure");
  expect(plain.end({ secure: false })).toMatch(/^linkup-console-spring=; Max-Age=0;/);
});

test.each([
  ["none", undefined],
  ["another cookie", "other=1"],
  ["a claim without a signature", `linkup-console-spring=${Buffer.from('{"name":"anna","endsAtMs":9e15}').toString("base64url")}`],
  ["nonsense", "linkup-console-spring=a.b.c"],
  ["nonsense of two parts", "linkup-console-spring=%00.x"],
])("%s is no session", (_what, header) => {
  expect(sessions().sessions.read(header)).toBeNull();
});

test("a claim that was changed is no session, nor is one that another token signed", () => {
  const { sessions: mine } = sessions();
  const [claim = "", signature = ""] =
    sentBack(mine.begin({ name: "vera", role: "viewer" }, { secure: false }))
      .split("=")[1]
      ?.split(".") ?? [];
  const { endsAtMs } = JSON.parse(Buffer.from(claim, "base64url").toString()) as { endsAtMs: number };
  const forged = Buffer.from(JSON.stringify({ name: "anna", endsAtMs })).toString("base64url");
  expect(mine.read(`linkup-console-spring=${forged}.${signature}`)).toBeNull();
  const longer = Buffer.from(JSON.stringify({ name: "vera", endsAtMs: endsAtMs * 2 })).toString("base64url");
  expect(mine.read(`linkup-console-spring=${longer}.${signature}`)).toBeNull();
  expect(mine.read(`linkup-console-spring=${claim}.${signature}`)).not.toBeNull();
});
