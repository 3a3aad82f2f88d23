/**
 * Each operation of the catalogue at LinkUp API v1: one row each, and the compiler asks for the row of an operation that has none.
 * Facts from the provider's pages and client code; no behaviour here.
 */
import type { OperationInput, OperationName } from "@linkup-queue/contracts";
import { ASSUMED, LIST_UNKNOWN, PER_PAGE_OR_TEN, PER_TEN, PER_TEN_PAGES_UNKNOWN, perCall, TEXT_OR_MEDIA, type V1Price } from "./prices.ts";
import { listProof, memberProof, type Proof, somethingProof, statusProof } from "./proofs.ts";

export type V1Row<Name extends OperationName = OperationName> = {
  /** Path under the base address, with its leading slash. Always POST. */
  path: `/v1/${string}`;
  /** The fields of the input that v1 calls otherwise than the catalogue: its name by ours. All others go out as they are. */
  renames?: { readonly [Field in keyof OperationInput<Name>]?: string };
  /** The proof, in an answer with HTTP 200, that it was done. Without it a write ends `unknown` and a read `bad_response`. */
  proof: Proof;
  /** Its price. */
  price: V1Price;
};

/** `name` and `profile_url` name a member in every other answer [D]. A `code` or `detail` of the member's own proves nothing and disproves nothing. */
const PROFILE_PROOF = memberProof(
  [
    ...["public_id", "first_name", "last_name", "headline", "location", "summary", "industry"],
    ...["experience", "education", "skills", "name", "profile_url"],
  ],
  "[D] profile/info page; [C] the members of experience and education",
);

export const V1_OPERATIONS: { readonly [Name in OperationName]: V1Row<Name> } = {
  "message.send": {
    path: "/v1/messages/send-message",
    proof: statusProof('[D] send-message page: status "success" and a message; `data` with the urn in newer samples only'),
    price: TEXT_OR_MEDIA,
  },
  "message.inbox": {
    path: "/v1/messages/inbox",
    proof: listProof("conversations", "[D] inbox page; [C] one client got an empty list for `data` with more than 25 results"),
    price: PER_TEN,
  },
  "message.conversation": {
    path: "/v1/messages/conversation",
    proof: listProof("messages", "[D] conversation page"),
    price: PER_PAGE_OR_TEN,
  },
  "invitation.send": {
    path: "/v1/network/connect",
    proof: statusProof("[I] page not seen: as the other actions [D]; [C] its failure is a 400"),
    // The page was not seen; the v2 counterpart costs 1.
    price: perCall("inferred"),
  },
  "invitation.accept": {
    // The vendor node calls the plural accept-invitations; the page says this.
    path: "/v1/network/accept-invitation",
    proof: statusProof("[D] accept-invitation page"),
    price: perCall("documented"),
  },
  "invitation.withdraw": {
    path: "/v1/network/withdraw-invitation",
    proof: statusProof('[D] withdraw-invitation page, which also shows that failures say status "error"'),
    price: perCall("documented"),
  },
  "invitation.status": {
    path: "/v1/network/invitation-status",
    proof: memberProof(["invitation_state", "member_distance"], "[D] invitation-status page"),
    price: perCall("documented"),
  },
  "invitation.list": {
    path: "/v1/network/invitations",
    proof: listProof("invitations", "[D] invitations page"),
    price: PER_PAGE_OR_TEN,
  },
  "invitation.sent": {
    path: "/v1/network/sent-invitations",
    proof: listProof("invitations", "[D] sent-invitations page"),
    price: { ...PER_PAGE_OR_TEN, rule: "1 a page; total_results fetches pages of ten" },
  },
  "connection.list": {
    path: "/v1/network/connections",
    proof: listProof("connections", "[D] connections page"),
    price: PER_PAGE_OR_TEN,
  },
  "recommendation.list": {
    path: "/v1/network/recommendations",
    proof: listProof("recommendations", "[D] recommendations page"),
    price: PER_PAGE_OR_TEN,
  },
  "profile.scrape": {
    path: "/v1/profile/info",
    proof: PROFILE_PROOF,
    price: perCall("documented"),
  },
  "profile.me": {
    path: "/v1/profile/me",
    proof: somethingProof("[I] answer not seen: the data of reads [D]"),
    price: ASSUMED,
  },
  "profile.contact": {
    // Seen in one early third-party node only; it may no longer exist.
    path: "/v1/profile/contact",
    proof: somethingProof("[I] answer not seen: the data of reads [D]"),
    price: ASSUMED,
  },
  "profile.search": {
    path: "/v1/profile/search",
    proof: listProof("profiles", "[D] profile search page"),
    price: PER_TEN_PAGES_UNKNOWN,
  },
  "company.info": {
    path: "/v1/companies/info",
    proof: somethingProof("[I] answer not seen: the data of reads [D]"),
    price: ASSUMED,
  },
  "company.search": {
    path: "/v1/companies/search",
    proof: somethingProof("[I] the page was cut before its answer, and the name `companies` is a guess: the data of reads [D]"),
    price: PER_TEN_PAGES_UNKNOWN,
  },
  "post.create": {
    path: "/v1/posts/create",
    proof: statusProof("[I] page not seen: as the other actions [D]; [C] its failure is a 400"),
    // The page was not seen; the v2 counterpart costs 1.
    price: perCall("inferred"),
  },
  "post.react": {
    path: "/v1/posts/react",
    proof: statusProof("[I] page not seen: as the other actions [D]"),
    price: ASSUMED,
  },
  "post.comment": {
    path: "/v1/posts/comment",
    proof: statusProof("[I] page not seen: as the other actions [D]; [C] its failure is a 400"),
    price: ASSUMED,
  },
  "post.answer-comment": {
    path: "/v1/posts/answer-comment",
    proof: statusProof("[I] page not seen: as the other actions [D]"),
    price: ASSUMED,
  },
  "post.repost": {
    path: "/v1/posts/repost",
    proof: statusProof("[I] page not seen: as the other actions [D]"),
    price: ASSUMED,
  },
  "post.time-spent": {
    path: "/v1/posts/time-spent",
    proof: statusProof("[D] time-spent page"),
    price: perCall("documented"),
  },
  "post.reactions": {
    path: "/v1/posts/reactions",
    proof: listProof("reactions", "[C] one public client's schema"),
    // [D] "300 results = 30 credits".
    price: PER_TEN_PAGES_UNKNOWN,
  },
  "post.comments": {
    path: "/v1/posts/extract-comments",
    proof: listProof("comments", "[C] one public client's schema"),
    price: LIST_UNKNOWN,
  },
  "post.search": {
    path: "/v1/posts/search",
    proof: listProof("posts", "[C] one public client reads it"),
    price: LIST_UNKNOWN,
  },
  "post.feed": {
    path: "/v1/posts/feed",
    proof: somethingProof("[I] answer not seen: the data of reads [D]"),
    price: LIST_UNKNOWN,
  },
};
