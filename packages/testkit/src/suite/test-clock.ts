/**
 * One clock for a test: this process, our scripts and the expiries of our keys in one Redis go by it. It stands still for Redis until it is
 * moved; BullMQ's own keys go by Redis's clock, as the locks of real workers do.
 */
import type { Redis } from "ioredis";

/**
 * The function by which scripts call Redis on a test's clock, a Lua expression (`ScriptOptions.redisCall`): TIME is the clock's, and moments at which keys
 * expire are counted from it. The key's name says whose clock it is; it must be set before a script runs. A command of moments that it does
 * not know is refused.
 */
export const TEST_REDIS_CALL = `(function()
  local now = tonumber(redis.call('GET', KEYS[1] .. ':test-clock') or error('the test clock is not set'))
  local function refuse(name) error(name .. ' goes by the clock of Redis, which a test clock does not move') end
  local on = {}
  function on.TIME() return { string.format('%d', now / 1000), string.format('%d', now % 1000 * 1000) } end
  function on.EXPIREAT(key, seconds, ...) return redis.call('PEXPIRE', key, string.format('%d', seconds * 1000 - now), ...) end
  function on.EXPIRETIME(key)
    local left = redis.call('PTTL', key)
    return left < 0 and left or math.floor((now + left + 999) / 1000)
  end
  function on.SET(...)
    for _, word in ipairs({ ... }) do if word == 'EXAT' or word == 'PXAT' then refuse(word) end end
    return redis.call('SET', ...)
  end
  for _, name in ipairs({ 'PEXPIREAT', 'PEXPIRETIME', 'GETEX' }) do on[name] = function() refuse(name) end end
  return function(name, ...)
    if on[name] then return on[name](...) end
    return redis.call(name, ...)
  end
end)()`;

/** Lets `ARGV[1]` ms pass for the keys that `ARGV[2]` matches; a negative time is given back to them. */
const LET_PASS = `for _, key in ipairs(redis.call('KEYS', ARGV[2])) do
  local left = redis.call('PTTL', key)
  if left >= 0 and left <= tonumber(ARGV[1]) then redis.call('DEL', key)
  elseif left >= 0 then redis.call('PEXPIRE', key, string.format('%d', left - ARGV[1])) end
end`;

/** As if `ms` had passed for the keys of ours that expire. `tag` is `{linkup-<key id>}`. */
export async function letExpire(client: Pick<Redis, "eval">, tag: string, ms: number): Promise<void> {
  await client.eval(LET_PASS, 0, String(ms), `${tag}:gate:*`);
}

const MachineDate = Date;

/** `new Date()` and `Date.now()` of this process, from now on: they run on from `ms`, or are the machine's again with null. */
function setProcessDate(ms: number | null): void {
  const aheadMs = ms === null ? 0 : ms - MachineDate.now();
  const now = () => MachineDate.now() + aheadMs;
  globalThis.Date =
    ms === null
      ? MachineDate
      : new Proxy(MachineDate, {
          construct: (target, given, asked) => Reflect.construct(target, given.length === 0 ? [now()] : given, asked),
          apply: () => new MachineDate(now()).toString(),
          get: (target, name, self) => (name === "now" ? now : Reflect.get(target, name, self)),
        });
}

export class TestClock {
  readonly #client: Redis;
  readonly #tag: string;
  #nowMs = Number.NaN;

  /** `tag` is `{linkup-<key id>}`. Nothing is set yet. */
  constructor(client: Redis, tag: string) {
    this.#client = client;
    this.#tag = tag;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Sets the clock on a Redis that holds nothing of ours yet. */
  async start(ms: number): Promise<void> {
    this.#nowMs = ms;
    setProcessDate(ms);
    await this.#client.set(`${this.#tag}:test-clock`, ms);
  }

  /** Moves the clock, back also; keys whose time has come expire. */
  async set(ms: number): Promise<void> {
    if (Number.isNaN(this.#nowMs)) throw new Error("the test clock is moved before it was started");
    const passedMs = ms - this.#nowMs;
    await this.start(ms);
    if (passedMs !== 0) await letExpire(this.#client, this.#tag, passedMs);
  }

  /** This process goes by the machine's clock again. */
  stop(): void {
    setProcessDate(null);
  }
}
