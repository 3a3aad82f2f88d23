/** Each operation's answer when all is well, and its effect. Shapes are those of the API description. */
import { type Body, canonicalTarget } from "../api/body.ts";
import type { Json } from "../api/encode-json.ts";
import type { Endpoint } from "../api/endpoints.ts";
import { AVAILABLE, person, post, profile, profileUrl, rows, type Slice, sliceOf } from "../api/rows.ts";
import type { Conversations } from "../book/conversations.ts";
import type { Invitations } from "../book/invitations.ts";
import type { Scenario } from "../scenario/scenario.ts";

export type World = {
  conversations: Conversations;
  invitations: Invitations;
  scenario: Scenario;
  owner: string;
  seq: number;
  wallMs: number;
};

/** The success body, or a refusal by LinkedIn's state with its text. */
export type Performed = { ok: true; body: Json } | { ok: false; status: number; message: string };

const data = (value: Json): Performed => ({ ok: true, body: { status: "success", data: value } });
const done = (message: string): Performed => ({ ok: true, body: { status: "success", message } });

/** One call that is understood and allowed: its body, the address and rows that it asks for, and the world that it happens in. */
type Asked = { body: Body; url: string; slice: Slice; world: World };
type AnswerOf = (asked: Asked) => Performed;

/** Each operation's own answer. A call with effects changes `world.invitations` or `world.conversations`; what was sent is counted elsewhere. */
export const ANSWERS: Readonly<Record<string, AnswerOf>> = {
  "profile.me": ({ world }) => data(profile(profileAddress(world.owner))),
  "profile.scrape": ({ url }) => data(profile(url)),
  "profile.contact": ({ url }) => data({ email: "member@sandbox.example", phone: null, websites: [], profile_url: url }),
  "profile.search": ({ slice }) =>
    list("profiles", slice, (n) => ({ ...person(n), connection_level: "2nd degree", location: "Paris", invitation_state: "CAN_INVITE" })),
  "company.search": ({ slice }) =>
    list("companies", slice, (n) => ({ name: `Company ${n}`, company_url: `https://www.linkedin.com/company/sandbox-${n}` })),
  "company.info": ({ body }) => data({ name: "Sandbox", company_url: String(body.company_url), employee_count: 42 }),

  "connection.list": ({ slice }) => list("connections", slice, person),
  "recommendation.list": ({ slice }) =>
    list("recommendations", slice, (n) => ({
      ...person(n),
      subtitle: "Engineer",
      insight: "12 mutual connections",
      entity_urn: `urn:li:fsd_profile:ACoAA${n}`,
    })),
  "invitation.send": sendInvitation,
  "invitation.status": invitationStatus,
  "invitation.list": receivedInvitations,
  "invitation.sent": sentInvitations,
  "invitation.accept": acceptInvitation,
  "invitation.withdraw": withdrawInvitation,

  "message.send": sendMessage,
  "message.inbox": inbox,
  "message.conversation": conversation,

  "post.reactions": ({ slice }) =>
    list("reactions", slice, (n) => ({
      ...person(n),
      type: "LIKE",
      actor_urn: `urn:li:fsd_profile:ACoAA${n}`,
      connection_degree: "2nd",
    })),
  "post.comments": ({ slice }) =>
    list("comments", slice, (n) => ({
      comment_text: `Comment ${n}`,
      commented_at: "1d",
      comment_urn: `urn:li:comment:(activity:1,${n})`,
      commenter: {
        name: `Member ${n}`,
        linkedin_url: profileUrl(n),
        occupation: "Engineer",
        profile_urn: `urn:li:fsd_profile:ACoAA${n}`,
      },
    })),
  "post.search": ({ slice }) => list("posts", slice, post),
  "post.feed": ({ slice }) => list("posts", slice, post),
  "post.create": () => done("Post created successfully"),
  "post.react": () => done("Reaction added successfully"),
  "post.comment": () => done("Comment posted successfully"),
  "post.answer-comment": () => done("Reply posted successfully"),
  "post.repost": () => done("Post reposted successfully"),
  "post.time-spent": () => done("Time spent recorded successfully"),
};

/** Does the call and gives its answer. Throws for an operation that has none: a made-up success would hide what is not simulated. */
export function perform(endpoint: Endpoint, body: Body, world: World): Performed {
  const answer = Object.hasOwn(ANSWERS, endpoint.operation) ? ANSWERS[endpoint.operation] : undefined;
  if (answer === undefined) throw new Error(`The sandbox has no answer of its own for ${endpoint.operation}: add one in answers.ts`);
  return answer({ body, url: String(body.linkedin_url ?? ""), slice: sliceOf(body, AVAILABLE, endpoint.pageRows), world });
}

/** Throws when an operation of these endpoints has no answer, or an answer no operation, and names them all. */
export function refuseUnanswered(endpoints: readonly Endpoint[]): void {
  const performed = new Set(endpoints.filter(({ kind }) => kind === "read" || kind === "write").map(({ operation }) => operation));
  const wrong = [
    ...[...performed].filter((operation) => !Object.hasOwn(ANSWERS, operation)).map((operation) => `${operation} has no answer of its own`),
    ...Object.keys(ANSWERS)
      .filter((operation) => !performed.has(operation))
      .map((operation) => `${operation} has an answer and no endpoint`),
  ];
  if (wrong.length > 0) throw new Error(`The sandbox's endpoints.ts and answers.ts disagree: ${wrong.join(", ")}`);
}

function sendInvitation({ url, world: { invitations, owner } }: Asked): Performed {
  invitations.send(owner, canonicalTarget(url));
  return done("Connection request sent successfully");
}

function invitationStatus({ url, world: { invitations, owner, scenario } }: Asked): Performed {
  const id = invitations.sentTo(owner, canonicalTarget(url));
  if (id !== null && scenario.acceptedInvitations.includes(canonicalTarget(url))) {
    return data({
      invitation_state: "ACCEPTED",
      invitation_type: "CONNECTED",
      invitation_id: null,
      member_distance: 1,
      message: "ACCEPTED",
    });
  }
  const state = id === null ? "NO_INVITATION" : "PENDING";
  return data({
    invitation_state: state,
    invitation_type: id === null ? null : "SENT",
    invitation_id: id,
    member_distance: 2,
    message: state,
  });
}

function receivedInvitations({ body, world: { invitations, owner, scenario } }: Asked): Performed {
  const pending = invitations.received(owner, scenario.receivedInvitations);
  return list("invitations", sliceOf(body, pending.length), (n) => {
    const one = pending[n];
    if (one === undefined) return null;
    const shown = {
      subtitle: "Engineer",
      sent_time: "1 week ago",
      message: null,
      invitation_id: one.id,
      shared_secret: one.sharedSecret,
    };
    return { ...person(one.number), ...shown, shared_connections: "3 mutual", invitation_state: "PENDING", entity_urn: one.urn };
  });
}

function sentInvitations({ body, world: { invitations, owner, scenario } }: Asked): Performed {
  const madeUp = Array.from({ length: scenario.pendingBefore }, (_, n) => ({ target: `in/pending-${n}`, id: BigInt(n + 1) }));
  const sent = [...invitations.sent(owner).filter(({ target }) => !scenario.acceptedInvitations.includes(target)), ...madeUp];
  return list("invitations", sliceOf(body, sent.length), (n) => {
    const one = sent[n];
    if (one === undefined) return null;
    const shown = {
      profile_url: `https://www.linkedin.com/${one.target}`,
      sent_time: "Sent today",
      message: null,
      invitation_id: one.id,
    };
    return {
      name: `Member ${n}`,
      ...shown,
      invitation_state: "PENDING",
      invitation_type: "CONNECTION",
      entity_urn: `urn:li:fsd_invitation:${one.id}`,
    };
  });
}

function acceptInvitation({ body, world: { invitations, owner, scenario } }: Asked): Performed {
  const request = { urn: String(body.entity_urn), secret: String(body.shared_secret) };
  const rule = { count: scenario.receivedInvitations, any: scenario.acceptAnyInvitation };
  return invitations.accept(owner, request, rule)
    ? done("Invitation accepted successfully")
    : refused("not found, already accepted, or wrong shared_secret");
}

function withdrawInvitation({ body, world: { invitations, owner, scenario } }: Asked): Performed {
  return invitations.withdraw(owner, String(body.invitation_id), scenario.acceptAnyInvitation)
    ? done("Invitation withdrawn successfully")
    : refused("not found or already withdrawn");
}

function refused(why: string): Performed {
  return { ok: false, status: 400, message: `Bad parameter: invitation ${why}` };
}

function list(name: string, slice: Slice, make: (number: number) => Json): Performed {
  const found = rows(slice, make);
  return data({ total_results: found.length, total_available_results: slice.available, [name]: found, pagination: slice.pagination });
}

/** The target in an id of `conversationId`. */
const CONVERSATION_ID = /^urn:li:msg_conversation:\([^,]*,(.+)\)$/;

/** The address of an account's own profile, or of a target in its one spelling. */
function profileAddress(name: string): string {
  return `https://www.linkedin.com/in/${encodeURIComponent(name.replace(/^in\//, ""))}`;
}

function conversationId(seed: string): string {
  return `urn:li:msg_conversation:(urn:li:fsd_profile:ACoAASandbox,${canonicalTarget(seed)})`;
}

/** More than 25 comes back with `data` as an empty list (API facts, seen by one client). */
function inbox({ body, slice, world }: Asked): Performed {
  if (typeof body.total_results === "number" && body.total_results > 25) return data([]);
  if (world.scenario.inboxKept) return keptInbox(body, world);
  const conversations = rows(slice, (n) => ({
    conversation_id: conversationId(profileUrl(n)),
    participant: { ...person(n), headline: "Engineer" },
    last_message: { text: `Hello ${n}`, time: Math.round(world.wallMs), sender: { ...person(n), headline: "Engineer" } },
    unread: 0,
    type: "normal",
  }));
  return data({ conversations, total_results: conversations.length, next_cursor: null });
}

const INBOX_ROWS = 10;

function keptInbox(body: Body, { conversations, owner, scenario }: World): Performed {
  const offset = Number(body.next_cursor ?? 0);
  const count = typeof body.total_results === "number" ? body.total_results : INBOX_ROWS;
  const all = conversations.latest(owner, scenario.messagesBefore);
  const page = all.slice(offset, offset + count).map(({ target, message: { text, atMs, isOwn, isUnsigned } }) => {
    const [other, self] = [target, owner].map((name) => ({ name: memberOf(name).sender, profile_url: profileAddress(name) }));
    return {
      conversation_id: conversationId(profileAddress(target)),
      participant: { ...other, headline: "Engineer" },
      last_message: { text, time: atMs, sender: isUnsigned ? null : { ...(isOwn ? self : other), headline: "Engineer" } },
      unread: isOwn ? 0 : 1,
      type: "normal",
    };
  });
  const end = offset + page.length;
  return data({ conversations: page, total_results: page.length, next_cursor: end < all.length ? String(end) : null });
}

function sendMessage({ body, url, world }: Asked): Performed {
  const atMs = Math.round(world.wallMs);
  world.conversations.send(world.owner, canonicalTarget(url), { text: String(body.message_text ?? ""), atMs });
  return {
    ok: true,
    body: {
      status: "success",
      message: "Message sent successfully",
      data: {
        entityUrn: `urn:li:msg_message:(urn:li:fsd_profile:ACoAASandbox,2-${world.seq})`,
        conversation_id: conversationId(url),
        deliveredAt: atMs,
      },
    },
  };
}

/** With a cursor the messages before its moment; v1 has no member that says which side a message is from (API facts). */
function conversation({ body, slice, world }: Asked): Performed {
  const url = typeof body.linkedin_url === "string" ? body.linkedin_url : null;
  const id = typeof body.conversation_id === "string" ? body.conversation_id : conversationId(url ?? "");
  const target = CONVERSATION_ID.exec(id)?.[1] ?? id;
  const beforeMs = typeof body.cursor === "string" ? Number(body.cursor) : Number.POSITIVE_INFINITY;
  const all = world.conversations.read(world.owner, target, world.scenario.messagesBefore).filter(({ atMs }) => atMs < beforeMs);
  const page = all.slice(slice.offset, slice.offset + slice.count);
  const [own, other] = [world.owner, target].map(memberOf);
  const hasNext = all.length > slice.offset + page.length;
  return data({
    conversation_id: id,
    ...(url === null ? {} : { profile_url: url }),
    total_results: page.length,
    total_other_member_message_count: page.filter(({ isOwn }) => !isOwn).length,
    unread_count: 0,
    last_seen_message: true,
    last_seen_at: Math.round(world.wallMs),
    messages: page.map(({ text, atMs, isOwn, isUnsigned }, n) => ({
      text,
      timestamp: atMs,
      ...(isUnsigned ? {} : isOwn ? own : other),
      message_type: "TEXT",
      entity_urn: `urn:li:msg_message:${atMs}-${n}`,
    })),
    ...(hasNext ? { next_cursor: String(page.at(-1)?.atMs ?? 0) } : {}),
    has_next_page: hasNext,
  });
}

/** A member as messages name them: the names of their profile. */
function memberOf(target: string): { [name: string]: Json } {
  const { first_name, last_name } = profile(profileAddress(target));
  return { sender: `${first_name} ${last_name}`, sender_info: { first_name, last_name } };
}
