/**
 * Places for streams of events, those of `/v1/events` and of the console together. A stream lasts for hours, so no token may have more than half of
 * them, and no session of a browser more than an eighth: one program that forgets its streams leaves others theirs.
 */

import type { ServerResponse } from "node:http";
import { LinkupError } from "@linkup-queue/contracts";

/** Seconds after which a client that was refused comes again. */
const COME_BACK_SECONDS = 10;

/** `session` is null for a client that sends its secret with each request. */
export type StreamOwner = { token: string; session: string | null };

export class EventPlaces {
  readonly #most: number;
  readonly #taken = new Map<string, number>();

  constructor(most: number) {
    this.#most = most;
  }

  /**
   * Takes a place, and answers how to give it back, once. Throws `too_many_requests`, which says whose places are used up, and sets Retry-After
   * on the response.
   */
  take({ token, session }: StreamOwner, response: ServerResponse): () => void {
    const bounds = [
      { of: "all", most: this.#most, message: "As many clients follow events of this process as may; try again, or another process" },
      {
        of: `token ${token}`,
        most: Math.max(1, Math.floor(this.#most / 2)),
        message: "This token follows events as often as one may; close streams that nobody reads, or use another token for them",
      },
      ...(session === null
        ? []
        : [
            {
              of: `session ${token} ${session}`,
              most: Math.max(1, Math.floor(this.#most / 8)),
              message: "As many pages of this browser follow events as may; close some of its tabs",
            },
          ]),
    ];
    const full = bounds.find(({ of, most }) => (this.#taken.get(of) ?? 0) >= most);
    if (full !== undefined) {
      response.setHeader("retry-after", String(COME_BACK_SECONDS));
      throw new LinkupError("too_many_requests", full.message);
    }
    for (const { of } of bounds) this.#change(of, 1);
    let given = false;
    return () => {
      if (given) return;
      given = true;
      for (const { of } of bounds) this.#change(of, -1);
    };
  }

  #change(of: string, by: number): void {
    const count = (this.#taken.get(of) ?? 0) + by;
    if (count === 0) this.#taken.delete(of);
    else this.#taken.set(of, count);
  }
}
