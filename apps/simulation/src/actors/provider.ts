/**
 * The provider of a simulated world, and its own witness: when each request may have arrived, what it did and charged. It stands apart from all of
 * the product's code but the reading of its answers.
 */
import { OPERATIONS } from "@linkup-queue/contracts";
import { V1_OPERATIONS, type Wire } from "@linkup-queue/linkup";
import { V1_PRICES } from "@linkup-queue/linkup/prices";
import type { SimProcess } from "../machine/sim-process.ts";
import type { VirtualTime } from "../machine/virtual-time.ts";
import { isLookFor, LOOKS, Memory } from "./provider-memory.ts";

/** One request that was handed over. It may arrive at any moment between `fromMs` and `toMs`. */
export type Arrival = {
  /** The job, or `login:<account>`. */
  name: string;
  account: string;
  process: string;
  fromMs: number;
  toMs: number;
  /** Whether the provider did it. */
  isDone: boolean;
  isWrite: boolean;
  charged: number;
  ended: string;
};

type Answer = { status: number; body: Record<string, unknown>; isDone: boolean; isCharged: boolean };
type Ending = Answer | "hangs" | "hangs_done" | "hangs_late_done" | "resets_done";

const WORK = ["message.send", "invitation.send", "profile.scrape"] as const;
const CALLS = [...WORK, ...LOOKS] as const;
const OPERATION_OF = new Map<string, (typeof CALLS)[number]>(CALLS.map((name) => [V1_OPERATIONS[name].path, name]));
/** The longest that a request takes to arrive, ms. */
const TRANSIT_MS = 200;
const error = (status: number, message: string, isCharged = true): Answer => ({
  status,
  body: { status: "error", message, data: message },
  isDone: false,
  isCharged,
});
const SERVER_ERROR = error(500, "An error occurred while processing your request", false);
const TOKEN_DEAD = error(403, "LinkedIn token expired");

export class Provider {
  readonly arrivals: Arrival[] = [];
  /** From now on it answers every request well, and at once. */
  isCalm = false;
  readonly #time: VirtualTime;
  readonly #dice: () => number;
  readonly #deadTokens = new Set<string>();
  readonly #memory: Memory;
  #tokens = 0;

  constructor(time: VirtualTime, dice: () => number) {
    this.#time = time;
    this.#dice = dice;
    this.#memory = new Memory(time);
  }

  /** The way of one process to it. `point`: a moment between two steps of the process's code. `timeoutMs`: of a whole call. */
  wire(process: SimProcess, { timeoutMs, point }: { timeoutMs: number; point: () => Promise<void> }): Wire {
    return async (signal) => {
      const openedMs = this.#time.nowMs;
      await this.#pause(process, 10);
      if (!this.isCalm && this.#dice() < 0.03) throw new Error("connection refused");
      signal.throwIfAborted();
      return {
        reset: () => undefined,
        exchange: async ({ url, payload, clock }) => {
          // The mark is written and nothing was handed over yet: a process may die or stand still here.
          await point();
          if (clock.cause() !== null) return { whole: false, handedOver: false, httpStatus: null };
          const { ending, arrival } = this.#arrive(new URL(url).pathname, JSON.parse(payload) as Record<string, unknown>, process);
          const answersAfterMs = this.#dice() * (this.isCalm ? 50 : this.#dice() < 0.2 ? 2_500 : 300);
          // Near its deadline it arrives at once: a process that stands still then resets no connection.
          const isNear = arrival.fromMs - openedMs + 2 * TRANSIT_MS > timeoutMs;
          const transitMs = isNear ? 0 : TRANSIT_MS;
          const isHanging = typeof ending === "string" && ending.startsWith("hangs");
          arrival.toMs += isHanging ? transitMs : Math.min(transitMs, Math.floor(answersAfterMs));
          const aborted = new Promise<"aborted">((resolve) =>
            clock.signal.addEventListener("abort", () => resolve("aborted"), { once: true }),
          );
          if (isHanging) {
            await aborted;
            return { whole: false, handedOver: true, httpStatus: null };
          }
          const answered = new Promise<void>((resolve) => this.#time.set(process, answersAfterMs, resolve));
          const came = await Promise.race([answered, aborted]);
          if (came === "aborted") arrival.toMs = Math.min(arrival.toMs, this.#time.nowMs);
          if (came === "aborted" || typeof ending === "string") return { whole: false, handedOver: true, httpStatus: null };
          return { whole: true, handedOver: true, httpStatus: ending.status, body: { state: "json", value: ending.body } };
        },
      };
    };
  }

  #pause(process: SimProcess, mostMs: number): Promise<void> {
    return new Promise((resolve) => this.#time.set(process, this.#dice() * mostMs, resolve));
  }

  #arrive(path: string, body: Record<string, unknown>, process: SimProcess): { arrival: Arrival; ending: Ending } {
    const operation = OPERATION_OF.get(path);
    const isLogin = operation === undefined;
    const ending = isLogin ? this.#login(body) : this.#call(operation, body);
    const isDone = typeof ending === "string" ? ending.endsWith("_done") : ending.isDone;
    const isCharged = typeof ending === "string" ? isDone : ending.isCharged;
    const account = isLogin ? String(body["email"]).split("@")[0] : String(body["login_token"]).split(":")[1];
    const person =
      String(body["linkedin_url"] ?? account)
        .split("/")
        .at(-1) ?? "";
    const isLook = !isLogin && isLookFor(operation);
    if (isDone && !isLogin && !isLook)
      this.#memory.keep(operation, { account: account ?? "", person, body, isLate: ending === "hangs_late_done" });
    const arrival: Arrival = {
      name: isLogin ? `login:${account}` : isLook ? `look:${person}` : person,
      account: account ?? "",
      process: process.name,
      fromMs: this.#time.nowMs,
      toMs: this.#time.nowMs,
      isDone,
      isWrite: !isLogin && OPERATIONS[operation].kind === "write",
      charged: isCharged ? (isLogin ? 1 : V1_PRICES[operation].credits(body)) : 0,
      ended: typeof ending === "string" ? ending : String(ending.status),
    };
    this.arrivals.push(arrival);
    return { arrival, ending };
  }

  #login(body: Record<string, unknown>): Ending {
    const draw = this.isCalm ? 1 : this.#dice();
    if (draw < 0.08) return SERVER_ERROR;
    if (draw < 0.16) return draw < 0.12 ? "hangs" : "hangs_done";
    if (draw < 0.2) return "resets_done";
    const token = `token-${++this.#tokens}:${String(body["email"]).split("@")[0]}`;
    return { status: 200, body: { status: "success", login_token: token }, isDone: true, isCharged: true };
  }

  #call(operation: keyof typeof OPERATIONS, body: Record<string, unknown>): Ending {
    const token = String(body["login_token"]);
    if (this.#deadTokens.has(token)) return TOKEN_DEAD;
    const draw = this.isCalm ? 1 : this.#dice();
    if (draw < 0.09) return SERVER_ERROR;
    if (draw < 0.15) return draw < 0.11 ? "hangs" : draw < 0.13 ? "hangs_done" : "hangs_late_done";
    if (draw < 0.18) return "resets_done";
    if (draw < 0.23) {
      this.#deadTokens.add(token);
      return TOKEN_DEAD;
    }
    if (draw < 0.245) return error(429, "API Rate limit exceeded");
    if (draw < 0.27) return error(404, "Error while getting contact info, check the linkedin profile url");
    if (isLookFor(operation)) {
      const seen = this.#memory.look(operation, {
        account: token.split(":")[1] ?? "",
        person: String(body["linkedin_url"]).split("/").at(-1) ?? "",
      });
      return { status: 200, body: { status: "success", data: seen }, isDone: true, isCharged: true };
    }
    const data = operation === "profile.scrape" ? { name: "Somebody", profile_url: body["linkedin_url"] } : { entityUrn: "urn:li:1" };
    return { status: 200, body: { status: "success", message: "Message sent successfully", data }, isDone: true, isCharged: true };
  }
}
