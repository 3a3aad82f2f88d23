/** Posting to webhooks: which addresses may be reached, and one signed post. Questions about an address alone come in by `address`. */
export type { ResolveName } from "./address.ts";
export { POST_TIMEOUT_MS, type PostOptions, type PostResult, postWebhook, type WebhookPost } from "./post-webhook.ts";
