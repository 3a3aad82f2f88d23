/** `/v1/events`: changes as they come, as server-sent events. All clients of a process share one look at Redis a second. */
import type { ServerResponse } from "node:http";
import { dayBudgetView } from "@linkup-queue/queue";
import { type Route, route } from "../http/route.ts";
import { eventOf, openEventStream } from "../live/event-stream.ts";
import type { LiveChange, LiveHub } from "../live/live-hub.ts";

/** A change as it is told. */
function told(change: LiveChange): object {
  switch (change.kind) {
    case "key": {
      const { key, dayBudget } = change.now;
      const { state, reason, untilMs, brakes } = key;
      return {
        state,
        reason,
        until: untilMs === null ? null : new Date(untilMs).toISOString(),
        brakes: brakes.map(({ operation }) => operation),
        dayBudget: dayBudget === null ? null : dayBudgetView(dayBudget),
      };
    }
    case "window": {
      const { key, window } = change.now;
      const { slotsBusy, rateLimit, openGrants, unpublished, workers, meanHoldMs, nowMs } = key;
      const answered = window.answered;
      return { at: new Date(nowMs).toISOString(), slotsBusy, rateLimit, openGrants, unpublished, workers, meanHoldMs, answered };
    }
    case "account": {
      if (change.account === null) return { id: change.id, state: "gone" };
      const { id, state, why, coolingUntil } = change.account;
      return { id, state, why, coolingUntil };
    }
    case "person": {
      const { person, url, repliedAtMs } = change.reply;
      return { what: "replied", person, url, repliedAt: new Date(repliedAtMs).toISOString() };
    }
    case "campaign": {
      if (change.campaign === null) return { campaignId: change.id, state: "over" };
      const { id, state, why, stalled, accepted, fed, ended } = change.campaign;
      return { campaignId: id, state, why, stalledWhy: stalled, recipients: { accepted, queued: Math.max(0, fed - ended), ended } };
    }
  }
}

/** Changes as they were told: one that many follow is written once, and let go with the look that found it. */
const written = new WeakMap<LiveChange, Buffer>();

function eventBytes(change: LiveChange): Buffer {
  const known = written.get(change);
  if (known !== undefined) return known;
  const bytes = eventOf(change.kind, JSON.stringify(told(change)));
  written.set(change, bytes);
  return bytes;
}

/** The stream is ended after so long, ms; the client connects again, with a token that is still one. */
const LONGEST_MS = 12 * 3_600_000;

/** These need the hub, which is this process's. */
export const EVENT_ROUTES: readonly Route[] = [
  route({
    name: "followEvents",
    method: "get",
    path: "/v1/events",
    role: "viewer",
    tag: "events",
    summary: "Follow changes of the key, its window, accounts and campaigns, and replies of people: server-sent events",
    description:
      "Events `key` (state, brakes, the day's credits), `window` (how full it is, calls out; every five seconds at least), `account` (state and why), `campaign` (state, how far) and `person` (`what`: `replied`; `person`, a digest; `url`, null once they were forgotten; `repliedAt`). The first two are told at once; accounts and campaigns are told when they change: read `/v1/accounts` and `/v1/campaigns` once you are connected. A state that did not last for three seconds may not be told. A stream begins anew where it is: nothing is kept for a client that was away. At most 500 streams at once for one process, those of console pages among them, and half of them for one token; a comment comes every 15 seconds.",
    answers: {
      200: { description: "Events", contentType: "text/event-stream" },
      429: { description: "As many follow as may, in all or with this token; see Retry-After" },
    },
    handle: ({ live, stopping, eventPlaces }, { caller, response }) => {
      const leavePlace = eventPlaces.take({ token: caller?.name ?? "", session: null }, response);
      follow(live, { response, stopping, leavePlace });
      return Promise.resolve("streamed");
    },
  }),
];

type Stream = { response: ServerResponse; stopping: AbortSignal; leavePlace: () => void };

function follow(live: LiveHub, { response, stopping, leavePlace }: Stream): void {
  let leave: () => void = () => undefined;
  const onClose = () => {
    leavePlace();
    leave();
  };
  const stream = openEventStream(response, { stopping, endAfterMs: LONGEST_MS, onClose });
  leave = live.follow((changes) => {
    for (const change of changes) stream.send(eventBytes(change));
  });
}
