/** Posting to webhooks: which addresses may be reached, and one signed post. What asks about an address alone comes in by `address`. */
export type { ResolveName } from "./address.ts";
export { POST_TIMEOUT_MS, type PostOptions, type PostResult, postWebhook, type WebhookPost } from "./post-webhook.ts";
