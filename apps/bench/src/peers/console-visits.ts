/** People at the console of a system under measurement: a browser for what is painted, and streams alone for a crowd whose tabs are open. */
import { request } from "node:http";
import { BROWSER_FLAGS } from "@linkup-queue/testkit";
import { type Browser, chromium, type Page } from "playwright-core";

const HERE = { "sec-fetch-site": "same-origin" };
const WIDE = { width: 1366, height: 900 };
/** Painted or not yet: the observer is told of what was before it, too. In the page's own words, as this side knows no DOM. */
const FIRST_PAINT = `new Promise((resolve) => {
  new PerformanceObserver((list) => {
    const [paint] = list.getEntriesByName("first-contentful-paint");
    if (paint !== undefined) resolve(paint.startTime);
  }).observe({ type: "paint", buffered: true });
})`;
const START_TIMEOUT_MS = 60_000;

/** The cookie of a new session. */
export async function signIn(url: string, { name, secret }: { name: string; secret: string }): Promise<string> {
  const body = new URLSearchParams({ name, secret });
  const answer = await fetch(`${url}/console/sign-in`, { method: "POST", redirect: "manual", headers: HERE, body });
  const [cookie = ""] = (answer.headers.getSetCookie()[0] ?? "").split(";");
  if (cookie === "") throw new Error(`the console let nobody in: ${answer.status}`);
  return cookie;
}

export async function startBrowser(path: string): Promise<Browser> {
  return await chromium.launch({ timeout: START_TIMEOUT_MS, executablePath: path, args: BROWSER_FLAGS });
}

/** Times of a visit since it began, ms: of the first paint, and until the page's stream is open. */
export type Visit = { page: Page; paintMs: number; liveMs: number; close(): Promise<void> };

/** Opens a page with nothing in the browser's cache. */
export async function visit(browser: Browser, url: string, cookie: string): Promise<Visit> {
  const context = await browser.newContext({ viewport: WIDE, baseURL: url });
  const [name = "", value = ""] = cookie.split("=");
  await context.addCookies([{ name, value, url }]);
  const page = await context.newPage();
  const fromMs = performance.now();
  const streamOpens = page.waitForResponse((response) => response.headers()["content-type"]?.startsWith("text/event-stream") === true);
  await page.goto("/console", { waitUntil: "commit" });
  await streamOpens;
  const liveMs = performance.now() - fromMs;
  const paintMs = await page.evaluate<number>(FIRST_PAINT);
  return { page, paintMs, liveMs, close: () => context.close() };
}

/** A page that is open somewhere and follows what changes; `heard`: bytes so far. */
export type Onlooker = { heard(): number; leave(): void };

/** Opens the stream of the first page as its script does. Throws when there is no place for it. */
export async function lookOn(url: string, cookie: string): Promise<Onlooker> {
  return await new Promise((resolve, reject) => {
    const asked = request(`${url}/console/stream?page=now`, { headers: { ...HERE, cookie, accept: "text/event-stream" } }, (answer) => {
      if (answer.statusCode !== 200) {
        answer.resume();
        reject(new Error(`a stream was refused: ${answer.statusCode}`));
        return;
      }
      let bytes = 0;
      answer.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
      });
      answer.on("error", () => undefined);
      resolve({ heard: () => bytes, leave: () => void asked.destroy() });
    });
    asked.on("error", reject);
    asked.end();
  });
}
