/** One HTTP call to LinkUp, typed, and the table from its answer to code, charge, effect and remedy. The package's one entry. */

export {
  type AuthResult,
  type CallFrame,
  type CallResult,
  createLinkupClient,
  type LinkupCall,
  type LinkupClient,
  type LinkupClientOptions,
  type LoginCall,
  type VerifyCall,
} from "./client.ts";
export { checkProviderAddress } from "./http/probe.ts";
export { TRANSPORT_EVENTS, TRANSPORT_TABLE, type TransportEvent, type TransportRow } from "./http/transport-table.ts";
export { ANSWER_TABLE, type AnswerRow, type CallKind } from "./v1/answer-table.ts";
export { type AuthAnswer, type AuthStep, authAnswer } from "./v1/auth-answer.ts";
export { type Answer, classify, classifyTransport } from "./v1/classify.ts";
