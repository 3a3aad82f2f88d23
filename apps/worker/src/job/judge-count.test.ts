/** Reads of invitations: answers that tell something, and others. */
import { expect, test } from "vitest";
import { judgeAcceptance, judgePending } from "./judge-count.ts";

test("how many invitations are pending is told by the whole count alone", () => {
  expect(judgePending({ total_results: 10, total_available_results: 412, invitations: [{}] })).toEqual({ pending: 412 });
  expect(judgePending({ total_results: 0, total_available_results: 0, invitations: [] })).toEqual({ pending: 0 });
  for (const answer of [[], null, { total_results: 10, invitations: [] }, { total_available_results: "412", invitations: [] }]) {
    expect(judgePending(answer)).toEqual({});
  }
});

test("an invitation that is gone from the list was not accepted: it may have been declined or withdrawn", () => {
  expect(judgeAcceptance({ invitation_state: "NO_INVITATION", invitation_type: null, member_distance: 3 })).toEqual({ accepted: false });
});

test.each([
  ["a connection", { invitation_state: "ACCEPTED", invitation_type: "CONNECTED", member_distance: 1 }, { accepted: true }],
  ["a connection by its distance", { invitation_state: "NO_INVITATION", invitation_type: null, member_distance: 1 }, { accepted: true }],
  ["one that is pending", { invitation_state: "PENDING", invitation_type: "SENT", member_distance: 2 }, { accepted: false, pendingId: "" }],
  [
    "one that is pending, by its id",
    { invitation_state: "PENDING", invitation_type: "SENT", invitation_id: "7265483217650012347" },
    { accepted: false, pendingId: "7265483217650012347" },
  ],
  [
    "one whose id has lost its last digits",
    { invitation_state: "PENDING", invitation_type: "SENT", invitation_id: 7265483217650012000 },
    { accepted: false, pendingId: "" },
  ],
  ["theirs", { invitation_state: "PENDING", invitation_type: "RECEIVED", member_distance: 2 }, {}],
  ["one whose side is not said", { invitation_state: "PENDING", invitation_type: null }, {}],
  ["a state of another name", { invitation_state: "EXPIRED", invitation_type: "SENT" }, {}],
  ["another shape", [], {}],
])("%s", (_case, answer, found) => {
  expect(judgeAcceptance(answer)).toEqual(found);
});
