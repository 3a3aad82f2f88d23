/** Rows of the catalogue for the queue `messages`. Facts from the provider's pages and client code; no behaviour here. */

import { z } from "zod";
import { answer, Flag, Id, rows, Text, Whole } from "./answers.ts";
import { A_PERSON } from "./example-addresses.ts";
import {
  FileContent,
  inputObject,
  isRecord,
  MediaLink,
  opaque,
  PAGES,
  PAGES_IN_ORDER,
  ProfileAddress,
  pagesInOrder,
  Recipient,
  TotalResults,
  text,
} from "./fields.ts";
import type { Operation } from "./operation.ts";
import { CONVERSATION, PERSON } from "./target.ts";

const Person = z.looseObject({ name: Text, headline: Text, profile_url: Text, profile_picture: Text }).nullish();

export const MESSAGE_OPERATIONS = {
  "message.send": {
    queue: "messages",
    kind: "write",
    summary: "Send a direct message",
    target: PERSON,
    least: { linkedin_url: A_PERSON, message_text: "Hi" },
    input: inputObject({
      linkedin_url: Recipient,
      // LinkedIn's own bound on a message; the provider names none.
      message_text: text(8000).describe("text of the message"),
      media_link: MediaLink.describe("direct address of a png, jpeg, mp4 or pdf; wins over media_file").optional(),
      media_file: FileContent.describe("file as base64 with metadata").optional(),
    }),
    output: answer({ message: Text, entityUrn: Text, conversation_id: Text, deliveredAt: Whole }),
    evidence: "documented",
  },
  "message.inbox": {
    queue: "messages",
    kind: "read",
    summary: "List conversations",
    target: null,
    least: {},
    input: inputObject({
      // One public client found that more than 25 comes back as an empty array, charged.
      total_results: TotalResults.describe("conversations wanted; above 25 one client got an empty answer").optional(),
      // The last two are those of the vendor's v2, which has no JOB: which of them v1 takes is not known.
      category: z.enum(["INBOX", "INMAIL", "JOB", "UNREAD", "MY_CONNECTIONS", "STARRED"]).optional(),
      next_cursor: opaque(2000).describe("next_cursor of the previous answer").optional(),
    }),
    output: answer({
      conversations: rows({
        conversation_id: Text,
        participant: Person,
        last_message: z.looseObject({ text: Text, time: Whole, sender: Person }).nullish(),
        unread: Whole,
        type: Text,
      }),
      total_results: Whole,
      next_cursor: Text,
    }),
    evidence: "documented",
  },
  "message.conversation": {
    queue: "messages",
    kind: "read",
    summary: "Messages of one conversation",
    target: CONVERSATION,
    least: { conversation_id: "urn:li:msg_conversation:(a,b)" },
    input: inputObject({
      linkedin_url: ProfileAddress.describe("the other member; needed without conversation_id").optional(),
      conversation_id: opaque(500).describe("needed without linkedin_url").optional(),
      total_results: TotalResults.describe("messages wanted; the provider's default is 10").optional(),
      cursor: opaque(2000).describe("next_cursor of the previous answer").optional(),
      ...PAGES,
    })
      .refine((input) => input.linkedin_url !== undefined || input.conversation_id !== undefined, {
        message: "linkedin_url or conversation_id is required",
        when: isRecord,
      })
      .refine(pagesInOrder, PAGES_IN_ORDER),
    output: answer({
      conversation_id: Text,
      profile_url: Text,
      total_results: Whole,
      total_other_member_message_count: Whole,
      unread_count: Whole,
      last_seen_message: Flag,
      last_seen_at: Whole,
      messages: rows({
        text: Text,
        timestamp: Id,
        sender: Text,
        sender_info: z.looseObject({ first_name: Text, last_name: Text }).nullish(),
        message_type: Text,
        entity_urn: Text,
      }),
      next_cursor: Text,
      has_next_page: Flag,
    }),
    evidence: "documented",
  },
} as const satisfies Record<string, Operation>;
