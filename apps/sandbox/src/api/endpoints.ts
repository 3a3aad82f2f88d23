/**
 * LinkUp's API v1 as the sandbox knows it: paths, fields and prices, written from the API description and from nothing of this
 * project, so that a mistake in the project's own catalogue shows as a difference. A field that is not here is refused.
 */
import type { Evidence } from "@linkup-queue/contracts";

export type FieldRule =
  | "text"
  | "note"
  | "digits"
  | "flag"
  | "count"
  | "page"
  | "positive"
  | "integer"
  | "country"
  | "profile-url"
  | "profile-ref"
  | "author-url"
  | "company-url"
  | "post-url"
  | readonly string[];

/**
 * `one`: 1 a call. `media`: 2 with media, else 1. `list`: 1 a page when a page range is given, else 1 for each started ten of total_results.
 * `results`: 1 for each started ten of total_results, or with a page range of the rows answered. `rows`: 1 for each started ten rows answered.
 */
export type PriceRule = "one" | "media" | "list" | "results" | "rows";

export type Endpoint = {
  operation: string;
  method: "GET" | "POST";
  path: string;
  kind: "read" | "write" | "auth" | "check";
  required: readonly string[];
  /** At least one of these must be there. */
  oneOf: readonly string[];
  fields: Readonly<Record<string, FieldRule>>;
  price: PriceRule;
  priceEvidence: Evidence;
  /** Rows of one page. */
  pageRows: number;
  /** The first of these that is there is what the call is about. */
  target: readonly string[];
  /** The effect as a person would see it; two writes with the same target and text are a double. */
  text: readonly string[];
};

const LIST = { total_results: "count", start_page: "page", end_page: "page" } as const;
/** The last is known of v2 alone (API facts). */
const INVITATION_TYPES = ["CONNECTION", "ORGANIZATION", "CONTENT_SERIES", "EVENT"] as const;

type Row = Partial<Endpoint> & Pick<Endpoint, "path" | "fields">;

function call(kind: Endpoint["kind"], operation: string, row: Row): Endpoint {
  return {
    kind,
    operation,
    method: "POST",
    required: [],
    oneOf: [],
    price: "one",
    priceEvidence: "assumed",
    pageRows: 10,
    target: [],
    text: [],
    ...row,
  };
}

export const ENDPOINTS: readonly Endpoint[] = [
  call("auth", "auth.login", { path: "/v1/auth/login", required: ["email", "password"], fields: { email: "text", password: "text" } }),
  call("auth", "auth.verify", { path: "/v1/auth/verify", required: ["email", "code"], fields: { email: "text", code: "text" } }),
  call("check", "key.check", { path: "/v1/check", method: "GET", fields: {} }),

  call("read", "profile.me", { path: "/v1/profile/me", fields: {} }),
  call("read", "profile.scrape", {
    path: "/v1/profile/info",
    required: ["linkedin_url"],
    fields: { linkedin_url: "profile-url" },
    priceEvidence: "documented",
    target: ["linkedin_url"],
  }),
  call("read", "profile.contact", {
    path: "/v1/profile/contact",
    required: ["linkedin_url"],
    fields: { linkedin_url: "profile-url" },
    target: ["linkedin_url"],
  }),
  call("read", "profile.search", {
    path: "/v1/profile/search",
    fields: {
      ...LIST,
      ...{ keyword: "text", first_name: "text", last_name: "text", title: "text", location: "text", industry: "text", network: "text" },
      ...{ company_url: "text", past_company: "text", school_url: "text", connection_of: "text", follower_of: "text" },
      fetch_invitation_state: "flag",
    },
    price: "results",
    priceEvidence: "documented",
    pageRows: 50,
    target: ["keyword"],
  }),
  call("read", "company.search", {
    path: "/v1/companies/search",
    fields: { ...LIST, keyword: "text", location: "text", industry: "text", sector: "text", company_size: "text" },
    price: "results",
    priceEvidence: "documented",
    target: ["keyword"],
  }),
  call("read", "company.info", {
    path: "/v1/companies/info",
    required: ["company_url"],
    fields: { company_url: "company-url" },
    target: ["company_url"],
  }),

  call("write", "invitation.send", {
    path: "/v1/network/connect",
    required: ["linkedin_url"],
    fields: { linkedin_url: "profile-url", message: "note", message_text: "note" },
    priceEvidence: "inferred",
    target: ["linkedin_url"],
    text: ["message", "message_text"],
  }),
  call("read", "connection.list", { path: "/v1/network/connections", fields: { ...LIST }, price: "list", priceEvidence: "documented" }),
  call("read", "invitation.list", {
    path: "/v1/network/invitations",
    fields: { ...LIST, invitation_type: INVITATION_TYPES },
    price: "list",
    priceEvidence: "documented",
  }),
  call("read", "invitation.sent", {
    path: "/v1/network/sent-invitations",
    fields: { ...LIST, invitation_type: INVITATION_TYPES },
    price: "list",
    priceEvidence: "documented",
  }),
  call("write", "invitation.accept", {
    path: "/v1/network/accept-invitation",
    required: ["shared_secret", "entity_urn"],
    fields: { shared_secret: "text", entity_urn: "text" },
    priceEvidence: "documented",
    target: ["entity_urn"],
  }),
  call("write", "invitation.withdraw", {
    path: "/v1/network/withdraw-invitation",
    required: ["invitation_id"],
    fields: { invitation_id: "digits" },
    priceEvidence: "documented",
    target: ["invitation_id"],
  }),
  call("read", "invitation.status", {
    path: "/v1/network/invitation-status",
    required: ["linkedin_url"],
    fields: { linkedin_url: "profile-url" },
    priceEvidence: "documented",
    target: ["linkedin_url"],
  }),
  call("read", "recommendation.list", {
    path: "/v1/network/recommendations",
    fields: { ...LIST },
    price: "list",
    priceEvidence: "documented",
  }),

  call("write", "message.send", {
    path: "/v1/messages/send-message",
    required: ["linkedin_url", "message_text"],
    fields: { linkedin_url: "profile-ref", message_text: "text", media_link: "text", media_file: "text" },
    price: "media",
    priceEvidence: "documented",
    target: ["linkedin_url"],
    text: ["message_text", "media_link", "media_file"],
  }),
  call("read", "message.inbox", {
    path: "/v1/messages/inbox",
    fields: { total_results: "count", category: ["INBOX", "INMAIL", "JOB", "UNREAD", "MY_CONNECTIONS", "STARRED"], next_cursor: "text" },
    price: "list",
    priceEvidence: "documented",
  }),
  call("read", "message.conversation", {
    path: "/v1/messages/conversation",
    oneOf: ["linkedin_url", "conversation_id"],
    fields: { ...LIST, linkedin_url: "profile-url", conversation_id: "text", cursor: "text" },
    price: "list",
    priceEvidence: "documented",
    target: ["conversation_id", "linkedin_url"],
  }),

  call("read", "post.reactions", {
    path: "/v1/posts/reactions",
    required: ["post_url"],
    fields: { ...LIST, post_url: "post-url" },
    price: "results",
    priceEvidence: "documented",
    target: ["post_url"],
  }),
  call("write", "post.react", {
    path: "/v1/posts/react",
    required: ["post_url"],
    fields: { post_url: "post-url", reaction_type: "text" },
    target: ["post_url"],
    text: ["reaction_type"],
  }),
  call("write", "post.comment", {
    path: "/v1/posts/comment",
    required: ["post_url", "message"],
    fields: { post_url: "post-url", message: "text", company_url: "text" },
    target: ["post_url"],
    text: ["message", "company_url"],
  }),
  call("read", "post.comments", {
    path: "/v1/posts/extract-comments",
    required: ["post_url"],
    fields: { ...LIST, post_url: "post-url" },
    price: "rows",
    priceEvidence: "inferred",
    target: ["post_url"],
  }),
  call("write", "post.answer-comment", {
    path: "/v1/posts/answer-comment",
    required: ["tracking_id", "profile_urn", "comment_urn", "comment_text"],
    fields: {
      tracking_id: "text",
      profile_urn: "text",
      comment_urn: "text",
      comment_text: "text",
      mention_user: "flag",
      commenter_name: "text",
    },
    target: ["comment_urn"],
    text: ["comment_text"],
  }),
  call("write", "post.repost", {
    path: "/v1/posts/repost",
    required: ["post_url"],
    fields: { post_url: "post-url" },
    target: ["post_url"],
  }),
  call("write", "post.create", {
    path: "/v1/posts/create",
    required: ["message"],
    fields: { message: "text", file: "text" },
    priceEvidence: "inferred",
    text: ["message", "file"],
  }),
  call("read", "post.search", {
    path: "/v1/posts/search",
    fields: { ...LIST, keyword: "text", linkedin_url: "author-url", post_type: "text", sort_by: "text", post_date: "text" },
    price: "rows",
    priceEvidence: "inferred",
    target: ["linkedin_url", "keyword"],
  }),
  call("read", "post.feed", { path: "/v1/posts/feed", fields: { total_results: "count" }, price: "rows", priceEvidence: "inferred" }),
  call("write", "post.time-spent", {
    path: "/v1/posts/time-spent",
    required: ["post_url", "duration"],
    fields: { post_url: "post-url", duration: "positive", duration_start_time: "integer" },
    priceEvidence: "documented",
    target: ["post_url"],
    text: ["duration", "duration_start_time"],
  }),
];

export const ENDPOINT_BY_ROUTE: ReadonlyMap<string, Endpoint> = new Map(ENDPOINTS.map((row) => [`${row.method} ${row.path}`, row]));
export const OPERATIONS: ReadonlySet<string> = new Set(ENDPOINTS.map((row) => row.operation));
