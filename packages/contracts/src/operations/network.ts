/** Rows of the catalogue for the queue `network`. Facts from the provider's pages and client code; no behaviour here. */
import { z } from "zod";
import { answer, Done, Id, Pagination, rows, Text, Whole } from "./answers.ts";
import { A_PERSON } from "./example-addresses.ts";
import { inputObject, opaque, PAGES_IN_ORDER, ProfileAddress, pagesInOrder, TOTAL_OR_PAGES, text } from "./fields.ts";
import type { Operation } from "./operation.ts";
import { PERSON, RECEIVED_INVITATION, SENT_INVITATION } from "./target.ts";

/** Values from the sent-invitations page; the vendor's v2 has EVENT in place of the third, so it passes, too. */
const InvitationType = z.enum(["CONNECTION", "ORGANIZATION", "CONTENT_SERIES", "EVENT"]);

const Invitation = {
  name: Text,
  profile_url: Text,
  profile_picture: Text,
  subtitle: Text,
  sent_time: Text,
  message: Text,
  invitation_id: Id,
  invitation_state: Text,
  entity_urn: Text,
};

export const NETWORK_OPERATIONS = {
  "invitation.send": {
    queue: "network",
    kind: "write",
    summary: "Send a connection request",
    target: PERSON,
    least: { linkedin_url: A_PERSON },
    input: inputObject({
      linkedin_url: ProfileAddress,
      message: text(300).describe("note to go with it").optional(),
    }),
    output: Done,
    evidence: "code",
  },
  "invitation.accept": {
    queue: "network",
    kind: "write",
    summary: "Accept a received invitation",
    target: RECEIVED_INVITATION,
    least: { shared_secret: "s3", entity_urn: "urn:li:fsd_invitation:7" },
    input: inputObject({
      shared_secret: opaque(500).describe("from invitation.list"),
      entity_urn: opaque(500).describe("from invitation.list"),
    }),
    output: Done,
    evidence: "documented",
  },
  "invitation.withdraw": {
    queue: "network",
    kind: "write",
    summary: "Take back an invitation sent",
    target: SENT_INVITATION,
    least: { invitation_id: "7265483217650012347" },
    input: inputObject({
      invitation_id: z
        .string("must be text in quotes: as a number it loses its last digits")
        .max(40, "must be at most 40 characters")
        .regex(/^\d+$/, "must be digits, as in the list of sent invitations")
        .describe("id as text, from invitation.sent"),
    }),
    output: Done,
    evidence: "documented",
  },
  "invitation.status": {
    queue: "network",
    kind: "read",
    summary: "Relationship with one member",
    target: PERSON,
    least: { linkedin_url: A_PERSON },
    input: inputObject({ linkedin_url: ProfileAddress }),
    output: answer({ invitation_state: Text, invitation_type: Text, invitation_id: Id, member_distance: Whole, message: Text }),
    evidence: "documented",
  },
  "invitation.list": {
    queue: "network",
    kind: "read",
    summary: "List received invitations",
    target: null,
    least: {},
    input: inputObject({ ...TOTAL_OR_PAGES, invitation_type: InvitationType.optional() }).refine(pagesInOrder, PAGES_IN_ORDER),
    output: answer({
      total_results: Whole,
      total_available_results: Whole,
      invitations: rows({ ...Invitation, shared_secret: Text, shared_connections: Text }),
      pagination: Pagination,
    }),
    evidence: "documented",
  },
  "invitation.sent": {
    queue: "network",
    kind: "read",
    summary: "List invitations sent",
    target: null,
    least: {},
    input: inputObject({ ...TOTAL_OR_PAGES, invitation_type: InvitationType.optional() }).refine(pagesInOrder, PAGES_IN_ORDER),
    output: answer({
      total_results: Whole,
      total_available_results: Whole,
      invitations: rows({ ...Invitation, invitation_type: Text }),
      pagination: Pagination,
    }),
    evidence: "documented",
  },
  "connection.list": {
    queue: "network",
    kind: "read",
    summary: "List own connections",
    target: null,
    least: {},
    input: inputObject(TOTAL_OR_PAGES).refine(pagesInOrder, PAGES_IN_ORDER),
    output: answer({
      total_results: Whole,
      total_available_results: Whole,
      connections: rows({ name: Text, job_title: Text, profile_url: Text, profile_picture: Text }),
      pagination: Pagination,
    }),
    evidence: "documented",
  },
  "recommendation.list": {
    queue: "network",
    kind: "read",
    summary: "People LinkedIn suggests",
    target: null,
    least: {},
    input: inputObject(TOTAL_OR_PAGES).refine(pagesInOrder, PAGES_IN_ORDER),
    output: answer({
      total_results: Whole,
      recommendations: rows({ name: Text, subtitle: Text, profile_url: Text, insight: Text, entity_urn: Text }),
      pagination: z.looseObject({ current_page: Whole, total_pages: Whole, pages_fetched: Whole }).nullish(),
    }),
    evidence: "documented",
  },
} as const satisfies Record<string, Operation>;
