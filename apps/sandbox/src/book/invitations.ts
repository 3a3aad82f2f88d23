/** Invitations of each account, received and sent. Ids are above 2^53, as LinkedIn's are; accepting and withdrawing work once. */
import { hash } from "node:crypto";

export type Invitation = { id: bigint; sharedSecret: string; urn: string; number: number };

/** Sent invitations that are remembered for each account; the oldest are forgotten, so that long benches don't grow. */
const MAX_SENT = 1000;
const BASE_ID = 7_100_000_000_000_000_000n;
const URN = /^urn:li:(?:fsd_)?invitation:(\d{1,20})$/;

export class Invitations {
  readonly #used = new Set<string>();
  readonly #sent = new Map<string, Map<string, bigint>>();
  #sentCount = 0n;

  /** Invitations that an account has received and not accepted yet. The same for the same e-mail in every run. */
  received(owner: string, count: number): Invitation[] {
    const first = BASE_ID + BigInt(`0x${hash("sha256", owner, "hex").slice(0, 11)}`) * 1000n + 501n;
    return Array.from({ length: count }, (_, number) => invitation(owner, first + BigInt(number), number)).filter(
      ({ id }) => !this.#used.has(`accepted ${owner} ${id}`),
    );
  }

  /** Accepts once; false for an unknown or used invitation or a wrong secret. With `any` an unknown one is taken too, once. */
  accept(owner: string, request: { urn: string; secret: string }, rule: { count: number; any: boolean }): boolean {
    const id = URN.exec(request.urn)?.[1] ?? request.urn;
    const mark = `accepted ${owner} ${id}`;
    if (this.#used.has(mark)) return false;
    const known = this.received(owner, rule.count).some((one) => one.id.toString() === id && one.sharedSecret === request.secret);
    if (known || rule.any) this.#used.add(mark);
    return known || rule.any;
  }

  /** Records a sent invitation and gives its id. Sending again to the same person is no error here: it must show as a double. */
  send(owner: string, target: string): bigint {
    const sent = this.#sent.get(owner) ?? new Map<string, bigint>();
    this.#sent.set(owner, sent);
    this.#sentCount += 1n;
    const id = BASE_ID - this.#sentCount;
    sent.delete(target);
    sent.set(target, id);
    const oldest = sent.keys().next().value;
    if (sent.size > MAX_SENT && oldest !== undefined) sent.delete(oldest);
    return id;
  }

  sentTo(owner: string, target: string): bigint | null {
    return this.#sent.get(owner)?.get(target) ?? null;
  }

  sent(owner: string): { target: string; id: bigint }[] {
    return [...(this.#sent.get(owner) ?? [])].map(([target, id]) => ({ target, id })).reverse();
  }

  /** Withdraws once; false for an id that is not out. With `any` an unknown one is taken too, once. */
  withdraw(owner: string, id: string, any: boolean): boolean {
    const mark = `withdrawn ${owner} ${id}`;
    const sent = this.#sent.get(owner);
    const found = [...(sent ?? [])].find(([, sentId]) => sentId.toString() === id);
    if (found !== undefined) {
      sent?.delete(found[0]);
      this.#used.add(mark);
      return true;
    }
    if (!any || this.#used.has(mark)) return false;
    this.#used.add(mark);
    return true;
  }
}

function invitation(owner: string, id: bigint, number: number): Invitation {
  return { id, number, urn: `urn:li:fsd_invitation:${id}`, sharedSecret: hash("sha256", `${owner}/${id}`, "base64url").slice(0, 8) };
}
