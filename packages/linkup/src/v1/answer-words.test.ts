/**
 * Texts that a person reads clearly, and their neighbours, each through the whole table: whatever the status of refusal, or 200 with an error,
 * the account's own trouble is its own, and what is of a list's place, of the input, of the key or of another member is none of it.
 */
import { describe, expect, it, test } from "vitest";
import { classify } from "./classify.ts";

const STATUSES = [200, 400, 401, 403, 404, 406, 409, 410, 422, 423, 429] as const;
const SHAPES = {
  message: (text: string) => ({ status: "error", message: text }),
  data: (text: string) => ({ status: "error", data: { error: text } }),
};

function verdictsOn(text: string, operation: "invitation.send" | "invitation.accept" | "message.send" | "profile.scrape") {
  const kind = operation === "profile.scrape" ? "read" : "write";
  return STATUSES.flatMap((httpStatus) =>
    Object.values(SHAPES).map((shape) =>
      classify({
        httpStatus,
        body: { state: "json", value: shape(text) },
        kind,
        operation,
        proof: { data: { is: "something" }, source: "test" },
        retryWritesOn500: true,
      }),
    ),
  );
}

const SESSION_OVER = [
  "Session timed out",
  "Session timeout",
  "Your session has timed out.",
  "LinkedIn session has ended",
  "session_expired",
  "Session not found",
  "Session does not exist",
  "The session was closed by LinkedIn",
  "User session is no longer active",
  "No active session for this account",
  "no valid LinkedIn session",
  "Bad cookie",
  "The li_at cookie was rejected",
  "Please log in again",
  "Please login again to LinkedIn",
  "Log in to LinkedIn again, please",
  "Please re-login",
  "You have been logged out",
  "You've been signed out of LinkedIn",
  "You were logged out because your password changed",
  "You need to sign in",
  "You need to be logged in to do that",
  "You must log in first",
  "You are not logged in",
  "User isn't signed in",
  "not logged in",
  "Login required",
  "Sign-in is required",
  "Please reconnect your LinkedIn account",
  "This LinkedIn account needs to be reconnected",
  "Account disconnected",
  "Your account is disconnected",
  "ACCOUNT_INACTIVE",
  "Re-authentication required",
  "LinkedIn authentication failed",
  "Redirected to the login page",
  "Login failed",
  "Could not log in to LinkedIn",
  "Unable to sign in",
  "Connection with LinkedIn was lost, please reconnect",
  "Account is not connected",
  "LinkedIn account no longer connected",
  "Your account is not connected to LinkedIn",
  "LinkedIn API error: authwall",
  "LinkedIn API error: please log in again",
];

const ACCOUNT_RESTRICTED = [
  "Account temporarily restricted",
  "Account restricted",
  "Account: temporarily limited",
  "This account has been temporarily restricted",
  "Account locked",
  "Your account is under review",
  "Your account has been temporarily suspended by LinkedIn",
  "We've restricted your account",
  "LinkedIn has placed restrictions on your account",
  "You have been restricted",
  "Your access to LinkedIn has been restricted",
  "Your account is restricted from messaging this member",
  "LinkedIn account temporarily restricted",
  "We detected unusual activity",
  "Suspicious activity detected, please confirm your identity",
  "Please log in and complete the security check",
  "You're temporarily restricted",
  "Access denied due to account restrictions",
  "LinkedIn has temporarily restricted this account",
  "Please verify your account to continue",
];

const INVITATIONS_LIMITED = [
  "sending invitations too fast",
  "You are sending invitations too quickly",
  "You're inviting people too often, slow down",
  "too many connection requests",
  "Too many connection requests were sent from this account",
  "You've sent too many invitations",
  "You can't send any more invitations",
  "You cannot send more connection requests for now",
  "No invitations left",
  "You have no more invitations",
  "You have used all your invitations",
  "Please wait before sending more invitations",
  "You have been temporarily restricted from sending invitations",
];

const ACTION_LIMITED = ["You're sending messages too fast", "Messages are being sent too quickly", "viewing profiles too often"];

/** Of no account: refusals of a recipient, a place in a list, the input, and whatever else only sounds like it. */
const NOT_THE_ACCOUNTS = [
  "Invalid page token",
  "The pagination_token has expired",
  "cursor has expired",
  "Cursor not found",
  "continuation token is no longer valid",
  "next_token timed out",
  "sync token invalid",
  "login_token is required",
  "Required field login_token is missing",
  "Please check your login_token field",
  "This member's account is restricted",
  "This member's LinkedIn account is temporarily restricted",
  "This user's profile is restricted",
  "The account of this member is restricted",
  "The account you are trying to reach is restricted",
  "Their account has been restricted",
  "This member is temporarily restricted",
  "You can reconnect with this member after 3 weeks",
  "Please reconnect with the member first",
  "This member's account is inactive",
  "Invitation to a session of the conference",
  "The request timed out, although the session is fine",
  "Please sign in to your LinkUp account",
  "You must log in to the dashboard to change your plan",
  "Your account cannot message this member: their profile is restricted",
  "Profile not found in this session",
  "You cannot send more invitations to this member",
];

const RECIPIENT_REFUSED = [
  "The recipient can't be messaged",
  "This recipient cannot be messaged",
  "The recipient's account is restricted",
  "Recipient account temporarily restricted",
  "This member has blocked your account",
  "They blocked your profile",
  "This member cannot be contacted",
  "This account is not connected with the recipient",
  "You are not connected",
];

describe("the end of a session", () => {
  it.each(SESSION_OVER)("%s: a log-in, whatever the status and the call", (text) => {
    for (const operation of ["invitation.send", "invitation.accept", "message.send", "profile.scrape"] as const) {
      const remedies = new Set(verdictsOn(text, operation).map(({ code, remedy, effect }) => `${code} ${remedy} ${effect}`));
      expect([operation, ...remedies]).toEqual([operation, "token_expired refresh_token none"]);
    }
  });

  it("in the middle of the action leaves open whether it was done", () => {
    const verdicts = verdictsOn("Error while sending message: please log in again", "message.send");
    expect(new Set(verdicts.map(({ remedy, effect }) => `${remedy} ${effect}`))).toEqual(new Set(["refresh_token unknown"]));
  });
});

describe("a restricted account", () => {
  it.each(ACCOUNT_RESTRICTED)("%s: all of its work rests", (text) => {
    for (const operation of ["invitation.send", "message.send", "profile.scrape"] as const) {
      expect(new Set(verdictsOn(text, operation).map(({ rest }) => rest))).toEqual(
        new Set([{ cause: "account_restricted", scope: "account" }]),
      );
    }
  });
});

describe("a limit of the member's", () => {
  it.each(INVITATIONS_LIMITED)("%s: invitations rest", (text) => {
    const rests = verdictsOn(text, "invitation.send").map(({ rest }) => `${rest?.cause} ${rest?.scope}`);
    expect([...new Set(rests)]).toEqual(["invitation_limit family"]);
  });

  it.each(ACTION_LIMITED)("%s: such actions rest", (text) => {
    const rests = verdictsOn(text, "message.send").map(({ rest }) => `${rest?.cause} ${rest?.scope}`);
    expect([...new Set(rests)]).toEqual(["linkedin_limited family"]);
  });
});

describe("words of something else", () => {
  it.each(NOT_THE_ACCOUNTS)("%s: no log-in, no rest of the account by its words, no success", (text) => {
    for (const operation of ["invitation.send", "message.send", "profile.scrape"] as const) {
      for (const { remedy, rest, code, row, httpStatus } of verdictsOn(text, operation)) {
        expect(remedy).not.toBe("refresh_token");
        expect(code).not.toBeNull();
        // A 429 is the member's by its status, in whatever words.
        if (httpStatus !== 429) expect([row, rest]).toEqual([row, undefined]);
        expect(rest?.scope).not.toBe("account");
      }
    }
  });

  it.each(RECIPIENT_REFUSED)("%s: ends that person's alone", (text) => {
    expect(new Set(verdictsOn(text, "message.send").map(({ code }) => code))).toEqual(new Set(["recipient_refused"]));
  });

  test("a rate that is passed is helped by no log-in", () => {
    const verdicts = verdictsOn("Too many requests, your session timed out", "profile.scrape");
    expect(verdicts.map(({ remedy }) => remedy)).not.toContain("refresh_token");
  });
});
