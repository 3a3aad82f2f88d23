/** A look at an invitation: only what says so is a sign. */
import { expect, test } from "vitest";
import { signOf } from "./judge-look.ts";

const sign = (invitation_state: string, invitation_type: string | null, member_distance: number | null = 2) =>
  signOf({ invitation_state, invitation_type, member_distance });

test("accepted and connected is the sign of acceptance, and pending is one of ours alone", () => {
  expect(sign("ACCEPTED", "CONNECTED", 1)).toBe("accepted");
  expect(sign("PENDING", "SENT")).toBe("not_accepted");
  expect(sign("PENDING", "RECEIVED")).toBe("received");
  expect(sign("NO_INVITATION", null)).toBe("none");
});

test("an answer that contradicts itself, or has another shape, is no sign", () => {
  const unclear = [
    sign("PENDING", null),
    sign("NO_INVITATION", "SENT"),
    sign("NO_INVITATION", null, 1),
    sign("ACCEPTED", "CONNECTED", 3),
    sign("ELSE", "SENT"),
  ];
  expect([...unclear, sign("ACCEPTED", "RECEIVED"), signOf({}), signOf(null)].filter((one) => one !== undefined)).toEqual([]);
});
