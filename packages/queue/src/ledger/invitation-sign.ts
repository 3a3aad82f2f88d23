/**
 * The state of an account's invitation to a person, as a look found it: they are connected, it is pending (`not_accepted`), they invited the account (`received`), or nothing is there,
 * as after a refusal.
 */
export const INVITATION_SIGNS = ["accepted", "not_accepted", "received", "none"] as const;
export type InvitationSign = (typeof INVITATION_SIGNS)[number];
