/** Texts of providers and clients, and their neighbours, each beside what it speaks of. */
import { expect, test } from "vitest";
import {
  saysAccountRestricted,
  saysInvitationLimit,
  saysNoteLimit,
  saysRecipientRefused,
  saysSessionDead,
  saysTokenDead,
  saysWeeklyLimit,
} from "./member-words.ts";

const READERS = {
  session: saysSessionDead,
  token: saysTokenDead,
  note: saysNoteLimit,
  weekly: saysWeeklyLimit,
  invitations: saysInvitationLimit,
  account: saysAccountRestricted,
  recipient: saysRecipientRefused,
};

const TEXTS: readonly (readonly [text: string, says: readonly (keyof typeof READERS)[]])[] = [
  ["Session cookie revoked", ["session", "token"]],
  ["Invalid cookie", ["session", "token"]],
  ["Invalid Cookie", ["session", "token"]],
  ["Cookie has expired", ["session", "token"]],
  ["login_token is invalid", ["session", "token"]],
  ["The li_at cookie is no longer valid", ["session", "token"]],
  ["LinkedIn session: expired", ["session", "token"]],
  ["Token expired", ["token"]],
  ["Invalid page token", []],
  ["The pagination_token has expired", []],
  ["cursor token invalid", []],
  ["Invalid CSRF token", []],
  ["Required field login_token is missing", []],
  ["CUSTOM_INVITE_LIMIT_REACHED", ["note", "invitations"]],
  ["You have reached your limit of personalized invitations", ["note", "invitations"]],
  ["weekly invitation limit reached", ["weekly", "invitations"]],
  ["You've reached the weekly invitation limit", ["weekly", "invitations"]],
  ["You are out of invitations", ["invitations"]],
  ["CANT_INVITE_CONNECTION_LIMIT_REACHED", ["invitations"]],
  ["FUSE_LIMIT_EXCEEDED", ["invitations"]],
  ["TOO_MANY_PENDING_INVITATIONS", ["invitations"]],
  ["Invitation message is over the limit of 300 characters", []],
  ["The note exceeds the maximum length", []],
  ["API Rate limit exceeded", []],
  ["Your account is restricted", ["account"]],
  ["Your LinkedIn account has been temporarily restricted", ["account"]],
  ["account_restricted", ["account"]],
  ["checkpoint_required", ["account"]],
  ["LinkedIn account temporarily locked", ["account"]],
  ["This member is temporarily restricted", []],
  ["Your LinkUp account is suspended", []],
  ["Your API account is limited by your plan", []],
  ["ALREADY_INVITED", ["recipient"]],
  ["An invitation to this person is already pending", ["recipient"]],
  ["already_invited_recently", ["recipient"]],
  ["CANT_RESEND_YET", ["recipient"]],
  ["cannot_resend_yet", ["recipient"]],
  ["blocked_recipient", ["recipient"]],
  ["This member has blocked you", ["recipient"]],
  ["no_connection_with_recipient", ["recipient"]],
  ["Already connected to this profile", ["recipient"]],
  ["Request blocked", []],
  ["Your account is blocked", ["account"]],
  ["Invalid LinkedIn URL format", []],
  ["Error while sending connection request", []],
  ["Error while sending message", []],
];

test.each(TEXTS)("%s", (text, says) => {
  const found = Object.entries(READERS).filter(([, reads]) => reads(text));
  expect(found.map(([name]) => name)).toEqual(says);
});
