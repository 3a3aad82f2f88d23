/** One HTTP call to LinkUp, typed, and the table from its answer to code, charge, effect and remedy. The package's one entry. */
export { type AnswerBody, type BodyReading, type BodySays, readAnswerBody } from "./answer-body.ts";
export { ANSWER_TABLE, type AnswerRow, type CallKind } from "./answer-table.ts";
export { type AuthAnswer, type AuthStep, authAnswer } from "./auth-answer.ts";
export { type Answer, classify, classifyTransport } from "./classify.ts";
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
export { checkProviderAddress } from "./probe.ts";
export { TRANSPORT_EVENTS, TRANSPORT_TABLE, type TransportEvent, type TransportRow } from "./transport-table.ts";
