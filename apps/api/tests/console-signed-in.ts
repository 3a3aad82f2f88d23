/** Somebody who is signed in to the console without a browser: for what its pages send, and what comes of it. */
import type { ApiRole } from "@linkup-queue/contracts";
import { SECRETS } from "./fixture.ts";

const HERE = { "sec-fetch-site": "same-origin" };

/** The cookie of a new session, as the form of the sign-in page gets it. */
export async function consoleCookie(url: string, role: ApiRole): Promise<string> {
  const body = new URLSearchParams({ name: `the-${role}`, secret: SECRETS[role] });
  const answer = await fetch(`${url}/console/sign-in`, { method: "POST", redirect: "manual", headers: HERE, body });
  return (answer.headers.getSetCookie()[0] ?? "").split(";")[0] ?? "";
}

export type SignedIn = {
  page(path: string): Promise<{ status: number; text: string }>;
  /** Sends an action's form of a page that was opened. */
  send(action: string, fields: Readonly<Record<string, string>>): Promise<{ status: number; text: string }>;
};

/** Signs in, and opens a page: its forms' token serves for all. */
export async function signInToConsole(url: string, role: ApiRole): Promise<SignedIn> {
  const cookie = await consoleCookie(url, role);
  const ask = async (path: string, init: RequestInit = {}) => {
    const answer = await fetch(`${url}/console${path}`, { ...init, redirect: "manual", headers: { cookie, ...HERE } });
    return { status: answer.status, text: await answer.text() };
  };
  const { text } = await ask("");
  const csrf = /name="csrf" value="([^"]+)"/.exec(text)?.[1] ?? "";
  return {
    page: (path) => ask(path),
    send: (action, fields) => ask(`/do/${action}`, { method: "POST", body: new URLSearchParams({ csrf, ...fields }) }),
  };
}
