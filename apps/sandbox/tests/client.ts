/** A plain caller for the sandbox's own tests: one request at a time over fetch, with what came back as status, text and parsed body. */
import type { Sandbox } from "../src/index.ts";

export type Reply = { status: number; text: string; body: Record<string, unknown> };

/** Where a test calls: a sandbox, with an `x-api-key` or null for none. */
export type Caller = { post: (path: string, body: unknown) => Promise<Reply>; get: (path: string) => Promise<Reply> };

/** A caller of this sandbox. Rejects as fetch does when the connection breaks. */
export function callerOf(sandbox: Pick<Sandbox, "url">, apiKey: string | null = "key-1"): Caller {
  const send = async (path: string, init: RequestInit): Promise<Reply> => {
    const headers = { "content-type": "application/json", connection: "close", ...(apiKey === null ? {} : { "x-api-key": apiKey }) };
    const response = await fetch(sandbox.url + path, { ...init, headers });
    const text = await response.text();
    return { status: response.status, text, body: parse(text) };
  };
  return {
    post: (path, body) => send(path, { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) }),
    get: (path) => send(path, { method: "GET" }),
  };
}

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/** Logs an account in and gives its token. */
export async function logIn(caller: Caller, email: string): Promise<string> {
  const { body } = await caller.post("/v1/auth/login", { email, password: "secret-password" });
  if (typeof body.login_token !== "string") throw new Error(`No token for ${email}`);
  return body.login_token;
}

let messages = 0;

/** A message body that no other call of the test run has. */
export function message(token: string): Record<string, string> {
  messages += 1;
  return { login_token: token, linkedin_url: `https://www.linkedin.com/in/member-${messages}`, message_text: `Text ${messages}` };
}

/** A body that reads a profile. */
export function look(token: string): Record<string, string> {
  return { login_token: token, linkedin_url: "https://www.linkedin.com/in/ada" };
}

export const SEND = "/v1/messages/send-message";
export const PROFILE = "/v1/profile/info";
