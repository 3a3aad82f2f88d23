/** Texts that speak of the service, and texts that speak of what a job asked for. */
import { describe, expect, it } from "vitest";
import { saysServiceEnded, saysThingIsGone } from "./service-words.ts";

describe("words that say that the service has ended", () => {
  it.each([
    "V1 is no longer available",
    "V1 API is deprecated, use V2",
    "API v1 is retired",
    "This endpoint is no longer supported",
    "This version of the API has been sunset.",
    "The API, version 1, has been discontinued",
    "API version 1 has reached end of life",
    "Unsupported API version",
    "Please upgrade to V2",
    "Gone. Migrate to https://api.linkupapi.com/v2/messages",
    "/v1/network/connect was removed",
    "Sending messages by V1 is no longer possible",
    "The messages API is deprecated",
    "Error while sending message: API version no longer supported",
    "Route POST:/v1/profile/info not found",
    "Cannot POST /v1/profile/info",
    "Endpoint not found",
    "Method Not Allowed",
    "No such route",
  ])("%s", (text) => expect(saysServiceEnded(text)).toBe(true));
});

describe("words that speak of something else", () => {
  it.each([
    "",
    "Not Found",
    "This post is no longer available",
    "The profile https://www.linkedin.com/in/v1-retired is no longer available",
    "LinkedIn API error occurred: the post is no longer available",
    "The LinkedIn API no longer returns this profile",
    "LinkedIn API error occurred",
    "Invalid API key or insufficient credits",
    "API Rate limit exceeded",
    "This job is no longer accepting applications",
    "This member retired",
    "The message was removed by its author",
    "Parameter country is not supported by this API",
    "Error while getting contact info, check the linkedin profile url",
  ])("%s", (text) => expect(saysServiceEnded(text)).toBe(false));
});

describe("words that say that a thing is not to be had", () => {
  it.each([
    ["Profile not found", true],
    ["This post is no longer available", true],
    ["User does not exist", true],
    ["https://www.linkedin.com/in/x could not be opened", true],
    ["Not Found", false],
    ["Route POST:/v1/profile/info not found", false],
    ["no Route matched with those values", false],
    ["The profile API is no longer available", false],
    ["", false],
  ])("%s: %s", (text, gone) => expect(saysThingIsGone(text)).toBe(gone));
});
