-- Deliveries on their way: claimed for a lease, longer than a post may take, and told what came of it. One whose worker died is claimed again,
-- with the same id.
-- needs: rests, owed, deliveries
-- Of each kind, in one claim.
local BATCH = 200

-- The head of a lane.
local function entry_of(text)
  local item, since = string.match(text or '', '^(.*)|(%d+)$')
  return item, num(since)
end
local function head_of(gen, lane) return entry_of(call('LINDEX', keys.hook_lane(gen, lane), 0)) end

-- The head of a lane is done with; the one behind it may go.
local function step(hook, lane)
  call('LPOP', keys.hook_lane(hook.gen, lane))
  call('HDEL', keys.hook_tries(hook.gen), lane)
  call('HINCRBY', keys.webhook(hook.id), 'waiting', -1)
  if call('EXISTS', keys.hook_lane(hook.gen, lane)) == 1 then call('ZADD', keys.hook_due(hook.gen), now, lane)
  else call('ZREM', keys.hook_due(hook.gen), lane) end
end

-- Nothing is left behind of a webhook that was removed; a bounded batch at a time.
local function clear_removed(outcome_days)
  for _, gen in ipairs(call('SRANDMEMBER', keys.hooks_gone, 1)) do
    local due_lanes = call('ZPOPMIN', keys.hook_due(gen), BATCH)
    for i = 1, #due_lanes, 2 do
      for _, text in ipairs(call('LRANGE', keys.hook_lane(gen, due_lanes[i]), 0, -1)) do owed.settle((entry_of(text)), outcome_days) end
      call('DEL', keys.hook_lane(gen, due_lanes[i]))
    end
    local dead = call('ZPOPMIN', keys.hook_dead(gen), BATCH)
    for i = 1, #dead, 2 do owed.settle(dead[i], outcome_days) end
    if #due_lanes == 0 and #dead == 0 then
      call('DEL', keys.hook_tries(gen), keys.hook_why(gen))
      call('SREM', keys.hooks_gone, gen)
    end
  end
end

-- Dead letters that were kept for their time.
local function drop_old_letters(hook, a)
  for _, item in ipairs(call('ZRANGEBYSCORE', keys.hook_dead(hook.gen), '-inf', now - a.deadMs, 'LIMIT', 0, BATCH)) do
    call('ZREM', keys.hook_dead(hook.gen), item)
    call('HDEL', keys.hook_why(hook.gen), item)
    call('HINCRBY', keys.webhook(hook.id), 'dropped', 1)
    owed.settle(item, a.outcomeDays)
  end
end

-- Buries deliveries that are dead without a post of their own: all that waits for a webhook that has ended, and of one that failed for long and
-- so had its time, what waited for a day behind others. Answers how many.
local function bury_waiting(hook, a)
  local died = 0
  while died < BATCH do
    local first = call('ZRANGE', keys.hook_due(hook.gen), 0, 0, 'WITHSCORES')
    local lane = first[1]
    if not lane or (not hook.ended and num(first[2]) > now) then break end
    local item, since = head_of(hook.gen, lane)
    if item and not hook.ended and now - since < a.giveUpMs then break end
    if item then
      local tries = num(call('HGET', keys.hook_tries(hook.gen), lane))
      local letter = { line = lane, since = since, tries = tries, why = hook.ended and 'http_410' or 'webhook_down' }
      deliveries.bury(hook, item, letter, a.outcomeDays)
      step(hook, lane)
      died = died + 1
    else
      call('ZREM', keys.hook_due(hook.gen), lane)
    end
  end
  return died
end

-- Takes at most `free` posts of a webhook.
local function claim_posts(hook, free, a)
  local posts = {}
  for _, lane in ipairs(call('ZRANGEBYSCORE', keys.hook_due(hook.gen), '-inf', now, 'LIMIT', 0, free)) do
    local item, since = head_of(hook.gen, lane)
    if item then
      local lease = string.format('%.0f', now + a.leaseMs)
      call('ZADD', keys.hook_due(hook.gen), lease, lane)
      if hook.rests then call('HSET', keys.webhook(hook.id), 'rest', lease) end
      local tries = num(call('HGET', keys.hook_tries(hook.gen), lane))
      table.insert(posts, { webhook = hook.id, gen = hook.gen, lane = lane, item = item, since = since, tries = tries, lease = lease, sealed = hook.sealed })
    else
      call('ZREM', keys.hook_due(hook.gen), lane)
    end
  end
  return posts
end

local function read_hook(id, rest_after)
  local v = call('HMGET', keys.webhook(id), 'gen', 'sealed', 'fails', 'rest', 'failingSince', 'asked', 'ended')
  return {
    id = id, gen = v[1], sealed = v[2], fails = num(v[3]), rest_until = num(v[4]), failing_since = num(v[5]), asked_until = num(v[6]),
    ended = v[7] ~= false, rests = num(v[3]) >= rest_after,
  }
end

script('webhook_claim', { flags = { 'allow-oom' }, run = function(a)
  tick()
  clear_removed(a.outcomeDays)
  local posts, deaths = {}, {}
  local capacity = a.capacity
  for _, id in ipairs(call('ZRANGE', keys.webhooks, 0, -1)) do
    local hook = read_hook(id, a.restAfter)
    drop_old_letters(hook, a)
    local had_its_time = hook.rests and now - hook.failing_since >= a.failingMs
    local died = (hook.ended or had_its_time) and bury_waiting(hook, a) or 0
    if died > 0 then table.insert(deaths, { webhook = id, count = died }) end
    local free = math.min(capacity, a.perWebhook - num(a.inFlight[hook.gen]))
    -- A webhook that fails whatever is posted rests, and is asked with one post at a time.
    if hook.rests then free = rests.is_on(hook.rest_until) and 0 or math.min(free, 1) end
    if hook.ended or rests.is_on(hook.asked_until) then free = 0 end
    if free > 0 then
      for _, post in ipairs(claim_posts(hook, free, a)) do
        capacity = capacity - 1
        table.insert(posts, post)
      end
    end
  end
  return cjson.encode({ posts = posts, deaths = deaths })
end })

-- Another worker delivered this item meanwhile, or has it: what is ours of the lane is given free.
local function overtaken(hook, a, item, lease_is_ours)
  if lease_is_ours then
    if item then call('ZADD', keys.hook_due(hook.gen), now, a.lane) else call('ZREM', keys.hook_due(hook.gen), a.lane) end
  end
  return 'overtaken'
end

local function delivered(hook, a, held)
  call('HINCRBY', keys.webhook(hook.id), 'delivered', 1)
  call('HSET', keys.webhook(hook.id), 'lastDeliveredAt', now, 'fails', 0, 'rest', 0, 'failingSince', '')
  step(hook, a.lane)
  -- Our lease expired and another worker is posting the same: what is behind, or comes behind it, waits for that one.
  if num(held) ~= num(a.lease) and num(held) > now then call('ZADD', keys.hook_due(hook.gen), held, a.lane) end
  owed.settle(a.item, a.outcomeDays)
  return hook.rests and 'recovered' or 'delivered'
end

-- Counts a failure of the webhook as a whole. A delivery that fails again and again says nothing about the others: only first tries and those
-- of a resting webhook count. Answers whether it rests now.
local function count_failure(hook, a, tries)
  if tries > 1 and not hook.rests then return false end
  local fails = hook.fails + 1
  call('HSET', keys.webhook(hook.id), 'fails', fails)
  if fails == 1 then
    hook.failing_since = now
    call('HSET', keys.webhook(hook.id), 'failingSince', now)
  end
  if fails < a.restAfter then return false end
  local ladder = { first_ms = a.firstRestMs, factor = 2, most_ms = a.mostRestMs }
  call('HSET', keys.webhook(hook.id), 'rest', now + a.random * rests.nth(ladder, fails - a.restAfter + 1))
  return true
end

-- It said that it is gone: nothing more is posted to it, until somebody puts it anew or sends its dead letters again.
local function ended(hook, a, letter)
  call('HSET', keys.webhook(hook.id), 'ended', now)
  deliveries.bury(hook, a.item, letter, a.outcomeDays)
  step(hook, a.lane)
  return 'ended'
end

local function failed(hook, a, since)
  local tries = call('HINCRBY', keys.hook_tries(hook.gen), a.lane, 1)
  call('HSET', keys.webhook(hook.id), 'lastError', a.why, 'lastErrorAt', now)
  if a.gone then return ended(hook, a, { line = a.lane, since = since, tries = tries, why = a.why }) end
  -- It is the receiver who asks to be left alone, and means all posts; one that was out meanwhile and arrived changes nothing of it.
  if a.askedMs then call('HSET', keys.webhook(hook.id), 'asked', math.max(hook.asked_until, now + a.askedMs)) end
  local rests_now = count_failure(hook, a, tries)
  local tried = tries >= a.leastTries or (hook.failing_since > 0 and now - hook.failing_since >= a.failingMs)
  if now - since >= a.giveUpMs and tried then
    deliveries.bury(hook, a.item, { line = a.lane, since = since, tries = tries, why = a.why }, a.outcomeDays)
    step(hook, a.lane)
    return 'dead'
  end
  call('ZADD', keys.hook_due(hook.gen), now + a.retryMs, a.lane)
  return rests_now and not hook.rests and 'resting' or 'later'
end

-- Takes the result of a post. Answers: delivered | recovered (the webhook as a whole) | later | dead | ended (the webhook as a whole) |
-- resting (the webhook as a whole) | overtaken.
script('webhook_done', { flags = { 'allow-oom' }, run = function(a)
  tick()
  local hook = read_hook(a.webhook, a.restAfter)
  if hook.gen ~= a.gen then return 'overtaken' end
  local item, since = head_of(hook.gen, a.lane)
  local held = call('ZSCORE', keys.hook_due(hook.gen), a.lane)
  local lease_is_ours = num(held) == num(a.lease)
  if item ~= a.item then return overtaken(hook, a, item, lease_is_ours) end
  if a.ok then return delivered(hook, a, held) end
  -- Our lease expired and another worker claimed this delivery: that worker's word counts.
  if not lease_is_ours then return 'overtaken' end
  return failed(hook, a, since)
end })
