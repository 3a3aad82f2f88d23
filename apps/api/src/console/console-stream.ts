/**
 * The pages' own stream: what changed is rendered once for each role, whatever the number of those who look, and sent to all who see another
 * thing on their page. A page that is read anew as a whole is told that something changed.
 */
import type { ServerResponse } from "node:http";
import { API_ROLES, type ApiRole } from "@linkup-queue/contracts";
import type { Request } from "express";
import type { Caller } from "../callers/authenticate.ts";
import type { ApiContext } from "../http/api-context.ts";
import { type EventStream, eventOf, openEventStream } from "../live/event-stream.ts";
import type { LiveChange } from "../live/live-hub.ts";
import type { Viewer } from "./frame/console-page.ts";
import { html, markup, textOf } from "./frame/html.ts";
import { headerOf } from "./frame/layout.ts";
import type { NowReader } from "./frame/now-reader.ts";
import { nowBody } from "./pages/now.ts";
import type { Session } from "./session.ts";

export type ConsoleStreamParts = { context: ApiContext; reader: NowReader; viewerOf: (caller: Caller) => Viewer };

const CHANGED = eventOf("changed", "{}");

type Follower = { stream: EventStream; role: ApiRole; page: string; header: string; body: string };

export class ConsoleStream {
  readonly #parts: ConsoleStreamParts;
  readonly #followers = new Set<Follower>();
  #leave: (() => void) | null = null;
  #telling: Promise<void> | null = null;
  /** Whether something that the stream doesn't tell itself changed since the last telling. */
  #othersChanged = false;
  #isDue = false;
  #unknown = 0;

  constructor(parts: ConsoleStreamParts) {
    this.#parts = parts;
  }

  /** Opens it for one page. Throws `too_many_requests`. */
  open(request: Request, response: ServerResponse, { id, caller, endsAtMs }: Session): void {
    const { live, stopping, eventPlaces } = this.#parts.context;
    const leavePlace = eventPlaces.take({ token: caller.name, session: id }, response);
    const follower: Follower = {
      stream: openEventStream(response, {
        stopping,
        endAfterMs: endsAtMs - Date.now(),
        onClose: () => {
          leavePlace();
          this.#followers.delete(follower);
          if (this.#followers.size > 0) return;
          this.#leave?.();
          this.#leave = null;
        },
      }),
      role: caller.role,
      page: typeof request.query["page"] === "string" ? request.query["page"] : "",
      header: "",
      body: "",
    };
    this.#followers.add(follower);
    this.#leave ??= live.follow((changes) => this.#hear(changes));
  }

  /** Changes that come while a telling is under way are told after it. */
  #hear(changes: readonly LiveChange[]): void {
    for (const change of changes) {
      if (change.kind === "account" || change.kind === "campaign") this.#othersChanged = true;
      // Else a page that was rendered a moment ago would hide the change until the next look.
      if (change.kind === "key" || change.kind === "window") this.#parts.reader.key.put(change.now);
    }
    this.#isDue = true;
    this.#telling ??= this.#tellAll();
  }

  async #tellAll(): Promise<void> {
    while (this.#isDue && this.#followers.size > 0) {
      this.#isDue = false;
      await this.#tell();
    }
    this.#telling = null;
  }

  async #tell(): Promise<void> {
    try {
      const { unknown } = await this.#parts.reader.header();
      const others = this.#othersChanged || unknown !== this.#unknown;
      this.#othersChanged = false;
      this.#unknown = unknown;
      for (const role of API_ROLES) await this.#tellRole(role, others);
    } catch (error) {
      this.#parts.context.trouble.see(error, "the console's stream could not be written");
    }
  }

  async #tellRole(role: ApiRole, othersChanged: boolean): Promise<void> {
    const { context, reader, viewerOf } = this.#parts;
    const followers = [...this.#followers].filter((one) => one.role === role);
    if (followers.length === 0) return;
    const viewer = viewerOf({ name: "", role });
    const header = await textOf(headerOf(context, viewer, await reader.header()));
    const isLooked = followers.some(({ page }) => page === "now");
    const body = isLooked ? await textOf(nowBody(await reader.now(), viewer)) : "";
    const [head, page] = [await partial("#head", header), await partial("#page", body)];
    for (const follower of followers) {
      if (follower.header !== header) follower.stream.send(head);
      if (follower.page === "now" && follower.body !== body) follower.stream.send(page);
      if (follower.page === "reload" && othersChanged) follower.stream.send(CHANGED);
      follower.header = header;
      follower.body = body;
    }
  }
}

/** A piece of a page with the place where it goes. */
async function partial(target: string, content: string): Promise<Buffer> {
  return eventOf(null, await textOf(html`<hx-partial hx-target="${target}" hx-swap="innerMorph">${markup(content)}</hx-partial>`));
}
