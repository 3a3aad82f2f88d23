/** Rows of the catalogue for the queue `posts`. Facts from the provider's pages and client code; no behaviour here. */
import { z } from "zod";
import { answer, Done, Pagination, rows, Text, Unseen, Whole } from "./answers.ts";
import { A_POST } from "./example-addresses.ts";
import {
  ActivityAddress,
  AuthorAddress,
  CompanyAddress,
  DurationMs,
  FileContent,
  inputObject,
  MomentMs,
  opaque,
  PAGES_IN_ORDER,
  PostAddress,
  pagesInOrder,
  TOTAL_OR_PAGES,
  TotalResults,
  text,
} from "./fields.ts";
import type { Operation } from "./operation.ts";
import { COMMENT, POST } from "./target.ts";

/** LinkedIn's own bounds; the provider names none. */
const POST_LENGTH = 3000;
const COMMENT_LENGTH = 1250;

/** Releases of the vendor's node and newer clients disagree on names and case; which the service takes is not known, so all pass as they are. */
const REACTIONS = [
  ...["LIKE", "PRAISE", "APPRECIATION", "EMPATHY", "INTEREST", "ENTERTAINMENT"],
  ...["CELEBRATE", "SUPPORT", "FUNNY", "LOVE", "INSIGHTFUL", "CURIOUS"],
];
const ReactionType = z.enum(inBothCases(REACTIONS));

const Word = z.string().regex(/^[A-Za-z0-9_-]{1,40}$/, "must be one word of at most 40 letters, digits, _ or -");

function inBothCases(words: readonly string[]): string[] {
  return [...words, ...words.map((word) => word.toLowerCase())];
}

export const POST_OPERATIONS = {
  "post.create": {
    queue: "posts",
    kind: "write",
    summary: "Publish a post",
    target: null,
    least: { message: "News" },
    input: inputObject({
      message: text(POST_LENGTH).describe("text of the post"),
      file: FileContent.describe("address of, or data for, one attachment").optional(),
    }),
    output: Done,
    evidence: "code",
  },
  "post.react": {
    queue: "posts",
    kind: "write",
    summary: "React to a post",
    target: POST,
    least: { post_url: A_POST },
    input: inputObject({ post_url: PostAddress, reaction_type: ReactionType.describe("the provider's default is LIKE").optional() }),
    output: Done,
    evidence: "code",
  },
  "post.comment": {
    queue: "posts",
    kind: "write",
    summary: "Comment on a post",
    target: POST,
    least: { post_url: A_POST, message: "Well said" },
    input: inputObject({
      post_url: ActivityAddress,
      message: text(COMMENT_LENGTH).describe("text of the comment"),
      company_url: CompanyAddress.describe("comment as this company page").optional(),
    }),
    output: Done,
    evidence: "code",
  },
  "post.answer-comment": {
    queue: "posts",
    kind: "write",
    summary: "Reply to a comment",
    target: COMMENT,
    least: { tracking_id: "t", profile_urn: "urn:li:p:1", comment_urn: "urn:li:comment:(activity:1,2)", comment_text: "Yes" },
    input: inputObject({
      tracking_id: opaque(500),
      profile_urn: opaque(500).describe("from post.comments"),
      comment_urn: opaque(500).describe("from post.comments"),
      comment_text: text(COMMENT_LENGTH).describe("text of the reply"),
      mention_user: z.boolean().describe("vendor's default is true").optional(),
      commenter_name: text(200).optional(),
    }),
    output: Done,
    evidence: "code",
  },
  "post.repost": {
    queue: "posts",
    kind: "write",
    summary: "Repost a post",
    target: POST,
    least: { post_url: A_POST },
    input: inputObject({ post_url: PostAddress }),
    output: Done,
    evidence: "code",
  },
  "post.time-spent": {
    queue: "posts",
    // A write: it sends a signal under the member's identity.
    kind: "write",
    summary: "Report time spent viewing a post",
    target: POST,
    least: { post_url: A_POST, duration: 5_000 },
    input: inputObject({
      post_url: PostAddress,
      duration: DurationMs.describe("viewing time in ms"),
      duration_start_time: MomentMs.describe("start of viewing, ms since 1970").optional(),
    }),
    output: Done,
    evidence: "documented",
  },
  "post.reactions": {
    queue: "posts",
    kind: "read",
    summary: "Who reacted to a post",
    target: POST,
    least: { post_url: A_POST },
    input: inputObject({ post_url: PostAddress, ...TOTAL_OR_PAGES }).refine(pagesInOrder, PAGES_IN_ORDER),
    output: answer({
      total_results: Whole,
      total_available_results: Whole,
      reactions: rows({
        type: Text,
        name: Text,
        subtitle: Text,
        profile_url: Text,
        actor_urn: Text,
        profile_picture: Text,
        connection_degree: Text,
      }),
      pagination: Pagination,
    }),
    evidence: "code",
  },
  "post.comments": {
    queue: "posts",
    kind: "read",
    summary: "Comments under a post",
    target: POST,
    least: { post_url: A_POST },
    input: inputObject({ post_url: PostAddress, ...TOTAL_OR_PAGES }).refine(pagesInOrder, PAGES_IN_ORDER),
    output: answer({
      total_results: Whole,
      total_available_results: Whole,
      comments: rows({
        comment_text: Text,
        commented_at: Text,
        comment_urn: Text,
        commenter: z.looseObject({ name: Text, linkedin_url: Text, occupation: Text, profile_urn: Text }).nullish(),
      }),
      pagination: Pagination,
    }),
    evidence: "code",
  },
  "post.search": {
    queue: "posts",
    kind: "read",
    summary: "Search posts, or list one author's posts",
    target: null,
    least: {},
    input: inputObject({
      keyword: text(1000).optional(),
      linkedin_url: AuthorAddress.optional(),
      post_type: Word.optional(),
      sort_by: z.enum(inBothCases(["RELEVANCE", "DATE_POSTED"])).optional(),
      post_date: Word.describe("window, such as PAST_24_HOURS, PAST_WEEK, PAST_MONTH").optional(),
      ...TOTAL_OR_PAGES,
    }).refine(pagesInOrder, PAGES_IN_ORDER),
    output: answer({ posts: rows({}) }),
    evidence: "code",
  },
  "post.feed": {
    queue: "posts",
    kind: "read",
    summary: "The member's feed",
    target: null,
    least: {},
    input: inputObject({ total_results: TotalResults.optional() }),
    output: Unseen,
    evidence: "code",
  },
} as const satisfies Record<string, Operation>;
