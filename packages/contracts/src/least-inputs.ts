/** Inputs that examples and tests of all operations begin with. */
import type { OperationInput, OperationName } from "./catalogue.ts";

const JANE = "https://www.linkedin.com/in/jane-doe";
const POST = "https://www.linkedin.com/feed/update/urn:li:activity:7123456789012345678";

/** The least valid input of each operation; the compiler refuses a missing row. */
export const LEAST_INPUTS: { [Name in OperationName]: OperationInput<Name> } = {
  "message.send": { linkedin_url: JANE, message_text: "Hi" },
  "message.inbox": {},
  "message.conversation": { conversation_id: "urn:li:msg_conversation:(a,b)" },
  "invitation.send": { linkedin_url: JANE },
  "invitation.accept": { shared_secret: "s3", entity_urn: "urn:li:fsd_invitation:7" },
  "invitation.withdraw": { invitation_id: "7265483217650012347" },
  "invitation.status": { linkedin_url: JANE },
  "invitation.list": {},
  "invitation.sent": {},
  "connection.list": {},
  "recommendation.list": {},
  "profile.scrape": { linkedin_url: JANE },
  "profile.me": {},
  "profile.contact": { linkedin_url: JANE },
  "profile.search": {},
  "company.info": { company_url: "https://www.linkedin.com/company/acme/" },
  "company.search": {},
  "post.create": { message: "News" },
  "post.react": { post_url: POST },
  "post.comment": { post_url: POST, message: "Well said" },
  "post.answer-comment": { tracking_id: "t", profile_urn: "urn:li:p:1", comment_urn: "urn:li:comment:(activity:1,2)", comment_text: "Yes" },
  "post.repost": { post_url: POST },
  "post.time-spent": { post_url: POST, duration: 5_000 },
  "post.reactions": { post_url: POST },
  "post.comments": { post_url: POST },
  "post.search": {},
  "post.feed": {},
};
