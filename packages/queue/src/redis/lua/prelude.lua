-- Every script begins with this file: names, the clock, and the few moves that several scripts make.
-- KEYS[1] is the hash tag "{linkup-<key id>}"; all keys are built from it, so all live in one slot.
-- ARGV[1] is one JSON object; later ARGVs are binary. Scripts must be idempotent: ioredis repeats one when a connection breaks.
-- `call` is declared before this file: Redis's own, or in tests one on their clock.
-- LAYOUT, set before the first line, is the layout that the script works with.
local tag = KEYS[1]
local P = tag .. ':gate:'
local a = cjson.decode(ARGV[1])

local KEY = P .. 'key'
local SLOTS = P .. 'slots'
local OPEN = P .. 'open'
local OUTBOX = P .. 'outbox'
local RELEASED = P .. 'released'
local VANISHED = P .. 'vanished'
local WAITING = P .. 'waiting'
local SERVED = P .. 'served'
local function JOB(d) return P .. 'job:' .. d end
local function ACCOUNT(id) return P .. 'account:' .. id end
local function LANE(id) return P .. 'lane:' .. id end
local function FLYING(id) return P .. 'flying:' .. id end
local function NEXT(id) return P .. 'next:' .. id end

local function CAMPAIGN(id) return P .. 'campaign:' .. id end
-- Campaigns that are over, by when they and the last of their jobs were: they are forgotten in time.
local ENDED = P .. 'ended-campaigns'
local function HELD(id) return P .. 'held:' .. id end
-- Jobs that wait behind an operation's brake, by when each may be its probe.
local function BRAKED(operation) return P .. 'braked:' .. operation end
-- Jobs of campaigns that were put into their queues and are not settled, by account.
local function AHEAD(account) return P .. 'ahead:' .. account end

-- Accounts with jobs ahead, by when the sweep looks whether those are still there.
local AHEAD_LOOKS = P .. 'ahead-looks'
local AHEAD_LOOK_MS = 30000

local function num(v) return tonumber(v or '0') or 0 end

-- What is kept has one layout (layout.ts); in another than ours nothing is read or written. Before its number was written there was the first.
local key_state = call('HMGET', KEY, 'now', 'layout')
if (key_state[2] or key_state[1] and '1' or LAYOUT) ~= LAYOUT then return redis.error_reply('LAYOUT ' .. (key_state[2] or '1')) end

-- Milliseconds by Redis's clock. It never goes back, whatever an operator or a failover does to the wall clock.
local clock = call('TIME')
local now = math.max(clock[1] * 1000 + math.floor(clock[2] / 1000), num(key_state[1]))
local DAY_MS = 86400000
local today = math.floor(now / DAY_MS)
local function CREDITS(day) return P .. 'credits:' .. string.format('%d', day) end

local function tick()
  call('HSET', KEY, 'now', now)
  if not key_state[2] then call('HSET', KEY, 'layout', LAYOUT) end
end

-- How long a finished job's id is used, by one rule, for who reads and for what expires: until `ledger_days` days after the week in which its
-- outcome was published. A week is seven days from a Thursday, 0:00 UTC, as days are counted from 1 January 1970. So it is `ledger_days` at
-- least and at most seven days more, whatever the weekday.
local WEEK_DAYS = 7
local function week_of(day) return math.floor(day / WEEK_DAYS) end
-- The first day on which the ids of a week are free again.
local function free_on(week, ledger_days) return (week + 1) * WEEK_DAYS + ledger_days end

-- Lets a key expire when this day begins, never sooner than it was to expire before. Redis's clock is never ahead of `now`, so a key is there
-- for as long as a reader asks for it; one that is there for longer is not asked for.
local function keep_until(key, day)
  local expires = call('EXPIRETIME', key)
  if expires >= -1 and expires < day * 86400 then call('EXPIREAT', key, day * 86400) end
end

-- Finished jobs, compact: a hash for each week and the first two letters of the digest, one byte for the outcome's status.
local function used_key(week, d) return P .. 'used:' .. string.format('%d', week) .. ':' .. string.sub(d, 1, 2) end
local function used_status(d, ledger_days)
  local week = week_of(today)
  while free_on(week, ledger_days) > today do
    local s = call('HGET', used_key(week, d), string.sub(d, 3))
    if s then return s end
    week = week - 1
  end
  return nil
end

-- BullMQ's layout, version 6: the only place of ours that knows it, held to it by bullmq-layout.test.ts.
local PRIORITY_STEP = 0x100000000
local function bull(queue, name) return tag .. ':' .. queue .. ':' .. name end

-- A fetched job took a token of BullMQ's limiter. One that made no call gives it back; `once` keeps a repeated script from giving two.
local function give_back(queue, d, once)
  if call('SET', P .. 'back:' .. once, d, 'NX', 'EX', 600) then
    local limiter = bull(queue, 'limiter')
    if num(call('GET', limiter)) > 0 then call('DECR', limiter) end
  end
end

-- Out of BullMQ's `delayed` and into its turn: `ahead` jobs from the front of its own priority, so that an account with
-- thousands of jobs gets one turn in each round of the accounts at work. Returns 1 when it moved, 0 when it is not delayed.
local function promote(queue, id, priority, ahead)
  if call('ZREM', bull(queue, 'delayed'), id) == 0 then return 0 end
  call('HSET', bull(queue, id), 'delay', 0)
  if priority == 0 then
    local wait = bull(queue, 'wait')
    local front = ahead > 0 and call('RPOP', wait, ahead) or {}
    local back = { id }
    for i = #front, 1, -1 do table.insert(back, front[i]) end
    call('RPUSH', wait, unpack(back))
  else
    local prioritized = bull(queue, 'prioritized')
    local low = priority * PRIORITY_STEP
    local at = call('ZRANGEBYSCORE', prioritized, low, '(' .. string.format('%.0f', low + PRIORITY_STEP), 'WITHSCORES', 'LIMIT', ahead, 1)
    local score = at[2] or string.format('%.0f', low + call('INCR', bull(queue, 'pc')) % PRIORITY_STEP)
    call('ZADD', prioritized, score, id)
  end
  call('XADD', bull(queue, 'events'), 'MAXLEN', '~', 10000, '*', 'event', 'waiting', 'jobId', id, 'prev', 'delayed')
  local meta = call('HMGET', bull(queue, 'meta'), 'paused', 'concurrency')
  local maxed = meta[2] and call('LLEN', bull(queue, 'active')) >= num(meta[2])
  if not meta[1] and not maxed then call('ZADD', bull(queue, 'marker'), 0, '0') end
  return 1
end

-- A worker that took the mark of a queue and died before it took the job leaves the others asleep for up to ten seconds.
local function remind(queue)
  if call('LLEN', bull(queue, 'wait')) == 0 or call('HEXISTS', bull(queue, 'meta'), 'paused') == 1 then return end
  call('ZADD', bull(queue, 'marker'), 0, '0')
end

-- How many accounts are at work: those with a grant within the last window. Bounded, since a turn costs as many moves.
local MOST_AHEAD = 1000
local function accounts_at_work()
  call('ZREMRANGEBYSCORE', SERVED, '-inf', now - num(call('HGET', KEY, 'window')))
  return math.min(call('ZCARD', SERVED), MOST_AHEAD)
end

local function promote_job(d)
  local j = call('HMGET', JOB(d), 'queue', 'id', 'priority')
  if not j[1] then return 0 end
  local priority = num(j[3])
  return promote(j[1], j[2], priority, priority == 1 and 0 or accounts_at_work())
end

-- BullMQ has no such job any more: the sweep writes its outcome.
local function vanish(d)
  call('HSET', JOB(d), 'state', 'vanished')
  call('ZADD', VANISHED, now, d)
end

-- A job of a campaign is in its queue, or comes back to it.
local function put_ahead(account_id, d)
  call('SADD', AHEAD(account_id), d)
  call('ZADD', AHEAD_LOOKS, 'NX', now + AHEAD_LOOK_MS, account_id)
end

-- Hands free places of an account to the first jobs of its lane. Returns how many were handed on.
local function fill(account_id)
  local acc = call('HMGET', ACCOUNT(account_id), 'state', 'max')
  if acc[1] ~= 'active' then return 0 end
  local max = num(acc[2])
  if max == 0 then max = num(call('HGET', KEY, 'accountMax')) end
  local room = math.max(max, 1) - call('SCARD', FLYING(account_id)) - call('SCARD', NEXT(account_id))
  local handed = 0
  while room > 0 do
    local popped = call('ZPOPMIN', LANE(account_id))
    if not popped[1] then break end
    local d = string.sub(popped[1], -20)
    local j = call('HMGET', JOB(d), 'state', 'queue', 'id')
    if j[1] == 'parked' then
      if call('EXISTS', bull(j[2], j[3])) == 1 then
        call('HSET', JOB(d), 'state', 'released')
        call('SADD', NEXT(account_id), d)
        call('ZADD', RELEASED, now, d)
        promote_job(d)
        room = room - 1
        handed = handed + 1
      else
        vanish(d)
      end
    end
  end
  return handed
end

-- The job no longer holds or waits for a place of its account.
local function leave_lane(account_id, d, member)
  call('SREM', FLYING(account_id), d)
  call('SREM', NEXT(account_id), d)
  call('ZREM', RELEASED, d)
  if member then call('ZREM', LANE(account_id), member) end
end

local function add_credits(day, field, operation, campaign, amount)
  if amount == 0 then return end
  local key = CREDITS(day)
  call('HINCRBY', key, field, amount)
  if operation then call('HINCRBY', key, field .. '|op|' .. operation, amount) end
  if campaign and campaign ~= '' then call('HINCRBY', key, field .. '|campaign|' .. campaign, amount) end
end

-- The credits of an open grant are not out any more.
local function unhold(j)
  if num(j.held) == 0 then return end
  call('HINCRBY', CREDITS(num(j.heldDay)), 'held', -num(j.held))
  if j.campaign and call('EXISTS', CAMPAIGN(j.campaign)) == 1 then call('HINCRBY', CAMPAIGN(j.campaign), 'held', -num(j.held)) end
end

-- Between two of its calls a job is BullMQ's alone; the sweep looks now and then whether it is still there.
local function wait_for_bullmq(d)
  call('HSET', JOB(d), 'state', 'waiting')
  call('ZADD', WAITING, now, d)
end

-- Takes an open grant back: nothing left under it, so its slot was never used and is free at once.
local function void(d, j)
  call('ZREM', SLOTS, j.call)
  call('ZREM', OPEN, d)
  unhold(j)
  leave_lane(j.account, d, nil)
  call('HSET', JOB(d), 'held', 0)
  call('HDEL', JOB(d), 'left', 'deadline')
  wait_for_bullmq(d)
  fill(j.account)
end

local function job_entry(d)
  local flat = call('HGETALL', JOB(d))
  local j = {}
  for i = 1, #flat, 2 do j[flat[i]] = flat[i + 1] end
  return j.state and j or nil
end

-- How many webhooks, and the archive, an outcome is still owed to.
local OWED = P .. 'owed'
-- A day of tries and a week as a dead letter, with room.
local OWED_SECONDS = 10 * 86400
-- While somebody archives, or did within the last month: outcomes wait that long for an archive that is away.
local ARCHIVING = P .. 'archiving'
local ARCHIVE_SECONDS = 30 * 86400
-- How long a published outcome stays: for reading, and for whoever it is owed to. Asked again when nobody is any more.
local function keep_outcome(outcome_id, days)
  local key = P .. 'outcome:' .. outcome_id
  local seconds = days * 86400
  if call('HEXISTS', OWED, outcome_id) == 1 then
    seconds = math.max(seconds, call('EXISTS', ARCHIVING) == 1 and ARCHIVE_SECONDS or OWED_SECONDS)
  end
  if seconds == 0 then call('DEL', key) else call('EXPIRE', key, seconds, 'LT') end
end

-- The id of the job that does an ended one again. It is kept for longer than the ended one is known, which would be done again once more
-- without it: a week more than the id of a job that is published today, and without an end before that.
local function REDRIVEN(d) return P .. 'redriven:' .. d end
local function keep_redriven(key, ledger_days) keep_until(key, free_on(week_of(today) + 1, ledger_days)) end

-- A finished job shrinks to one byte; its id is used from now on.
local function shrink(d, status, ledger_days)
  local week = week_of(today)
  local key = used_key(week, d)
  call('HSET', key, string.sub(d, 3), string.sub(status, 1, 1))
  keep_until(key, free_on(week, ledger_days))
  keep_redriven(REDRIVEN(d), ledger_days)
  call('DEL', JOB(d))
end
