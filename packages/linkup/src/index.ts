/** Requests to LinkUp and what their answers mean: the seam, the one way of sending, and LinkUp API v1. The price list has an entry of its own, prices.ts. */

export { tellsAcknowledged } from "./http/acknowledged.ts";
export { createHttpTransport, createTransport, type HttpOptions, type Wire } from "./http/http-transport.ts";
export { checkProviderAddress } from "./http/probe.ts";
export { TRANSPORT_EVENTS, TRANSPORT_TABLE } from "./http/transport-table.ts";
export { Way } from "./http/way.ts";
export type { Provider } from "./seam/provider.ts";
export type { AuthAnswer, CallFrame, Cost, ProviderRequest, Reply, Transport } from "./seam/transport.ts";
export { ANSWER_TABLE, type AnswerRow } from "./v1/answer-table.ts";
export { linkupV1 } from "./v1/linkup-v1.ts";
export { V1_OPERATIONS } from "./v1/operations.ts";
