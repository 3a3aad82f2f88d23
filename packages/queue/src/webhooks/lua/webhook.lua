#!lua flags=allow-oom
-- Webhooks and their deliveries. Events: put | remove | publish | claim | done | redrive.
-- A delivery is claimed for a lease, longer than its post may take: one whose worker died is claimed again, with the same id.
local GONE = P .. 'hooks-gone'
local PIECE = 200

local function entry_of(text)
  local item, since = string.match(text or '', '^(.*)|(%d+)$')
  return item, num(since)
end

-- The head of a line is done with; the one behind it may go.
local function step(id, gen, line)
  call('LPOP', LINE(gen, line))
  call('HDEL', TRIES(gen), line)
  call('HINCRBY', HOOK(id), 'waiting', -1)
  if call('EXISTS', LINE(gen, line)) == 1 then call('ZADD', DUE(gen), now, line) else call('ZREM', DUE(gen), line) end
end

-- Nothing is left behind of a webhook that was removed; a bounded piece at a time.
local function clear_removed()
  for _, gen in ipairs(call('SRANDMEMBER', GONE, 1)) do
    local lines = call('ZPOPMIN', DUE(gen), PIECE)
    for i = 1, #lines, 2 do
      for _, text in ipairs(call('LRANGE', LINE(gen, lines[i]), 0, -1)) do release((entry_of(text))) end
      call('DEL', LINE(gen, lines[i]))
    end
    local dead = call('ZPOPMIN', DEAD(gen), PIECE)
    for i = 1, #dead, 2 do release(dead[i]) end
    if #lines == 0 and #dead == 0 then
      call('DEL', TRIES(gen), WHY(gen))
      call('SREM', GONE, gen)
    end
  end
end

local on = {}

function on.put()
  local fresh = call('EXISTS', HOOK(a.id)) == 0
  if fresh and call('ZCARD', HOOKS) >= a.mostHooks then return 'full' end
  call('HSET', HOOK(a.id), 'sealed', a.sealed, 'events', a.events, 'statuses', a.statuses, 'campaign', a.campaign, 'updatedAt', now,
    'fails', 0, 'rest', 0, 'failingSince', '')
  if fresh then call('HSET', HOOK(a.id), 'gen', a.gen, 'createdAt', now, 'waiting', 0, 'delivered', 0, 'dropped', 0) end
  call('ZADD', HOOKS, 0, a.id)
  return fresh and 'created' or 'replaced'
end

function on.remove()
  local gen = call('HGET', HOOK(a.id), 'gen')
  if not gen then return 0 end
  call('SADD', GONE, gen)
  call('DEL', HOOK(a.id))
  call('ZREM', HOOKS, a.id)
  return 1
end

-- An event that is no job's outcome. Repeating it changes nothing.
function on.publish()
  if call('ZCARD', HOOKS) == 0 then return 0 end
  if not call('SET', EVENT(a.item), a.payload, 'NX', 'EX', OWED_SECONDS) then return 0 end
  return hand_over(a.item, { kind = a.kind, campaign = a.campaign, line = a.line })
end

function on.claim()
  clear_removed()
  local posts, deaths = {}, {}
  local room = a.room
  for _, id in ipairs(call('ZRANGE', HOOKS, 0, -1)) do
    local h = call('HMGET', HOOK(id), 'gen', 'sealed', 'fails', 'rest', 'failingSince')
    local gen, died = h[1], 0
    for _, item in ipairs(call('ZRANGEBYSCORE', DEAD(gen), '-inf', now - a.deadMs, 'LIMIT', 0, PIECE)) do
      call('ZREM', DEAD(gen), item)
      call('HDEL', WHY(gen), item)
      call('HINCRBY', HOOK(id), 'dropped', 1)
      release(item)
    end
    -- One that fails whatever is posted rests, and is asked with one post at a time.
    local resting = num(h[3]) >= a.restAfter
    if resting and now - num(h[5]) >= a.failingMs then
      -- It had its time: what waited for a day behind others is dead without a post of its own.
      while died < PIECE do
        local first = call('ZRANGE', DUE(gen), 0, 0, 'WITHSCORES')
        if not first[1] or num(first[2]) > now then break end
        local item, since = entry_of(call('LINDEX', LINE(gen, first[1]), 0))
        if item and now - since < a.giveUpMs then break end
        if item then
          bury(id, gen, item, { line = first[1], since = since, tries = num(call('HGET', TRIES(gen), first[1])), why = 'webhook_down' })
          step(id, gen, first[1])
          died = died + 1
        else
          call('ZREM', DUE(gen), first[1])
        end
      end
    end
    if died > 0 then table.insert(deaths, { webhook = id, count = died }) end
    local free = math.min(room, a.perWebhook - num(a.flying[gen]))
    if resting then free = now >= num(h[4]) and math.min(free, 1) or 0 end
    if free > 0 then
      for _, line in ipairs(call('ZRANGEBYSCORE', DUE(gen), '-inf', now, 'LIMIT', 0, free)) do
        local item, since = entry_of(call('LINDEX', LINE(gen, line), 0))
        if item then
          local lease = string.format('%.0f', now + a.leaseMs)
          call('ZADD', DUE(gen), lease, line)
          if resting then call('HSET', HOOK(id), 'rest', lease) end
          room = room - 1
          local tries = num(call('HGET', TRIES(gen), line))
          table.insert(posts, { webhook = id, gen = gen, line = line, item = item, since = since, tries = tries, lease = lease, sealed = h[2] })
        else
          call('ZREM', DUE(gen), line)
        end
      end
    end
  end
  return cjson.encode({ posts = posts, deaths = deaths })
end

-- What a post came to. Answers: delivered | recovered (the webhook as a whole) | later | dead | resting (the webhook as a whole) | overtaken.
function on.done()
  local id, gen, line = a.webhook, a.gen, a.line
  if call('HGET', HOOK(id), 'gen') ~= gen then return 'overtaken' end
  local item, since = entry_of(call('LINDEX', LINE(gen, line), 0))
  local held = call('ZSCORE', DUE(gen), line)
  if item ~= a.item then
    -- Delivered by another meanwhile, and the line waited for this post to end.
    if num(held) == num(a.lease) then
      if item then call('ZADD', DUE(gen), now, line) else call('ZREM', DUE(gen), line) end
    end
    return 'overtaken'
  end
  if a.ok then
    local rested = num(call('HGET', HOOK(id), 'fails')) >= a.restAfter
    call('HINCRBY', HOOK(id), 'delivered', 1)
    call('HSET', HOOK(id), 'lastDeliveredAt', now, 'fails', 0, 'rest', 0, 'failingSince', '')
    step(id, gen, line)
    -- Its lease ran out and another process is posting the same: what is behind, or comes behind it, waits for that one.
    if num(held) ~= num(a.lease) and num(held) > now then call('ZADD', DUE(gen), held, line) end
    release(item)
    return rested and 'recovered' or 'delivered'
  end
  -- Its lease ran out and another process has it: that one's word counts.
  if num(held) ~= num(a.lease) then return 'overtaken' end
  local tries = call('HINCRBY', TRIES(gen), line, 1)
  call('HSET', HOOK(id), 'lastError', a.why, 'lastErrorAt', now)
  local fails = num(call('HGET', HOOK(id), 'fails'))
  local was_resting = fails >= a.restAfter
  -- A delivery that fails again and again says nothing about the others: only first tries and those of a resting webhook count.
  if tries == 1 or was_resting then
    fails = fails + 1
    call('HSET', HOOK(id), 'fails', fails)
    if fails == 1 then call('HSET', HOOK(id), 'failingSince', now) end
    if fails >= a.restAfter then
      call('HSET', HOOK(id), 'rest', now + a.dice * math.min(a.mostRestMs, a.firstRestMs * 2 ^ math.min(20, fails - a.restAfter)))
    end
  end
  local failing_since = num(call('HGET', HOOK(id), 'failingSince'))
  local tried = tries >= a.leastTries or (failing_since > 0 and now - failing_since >= a.failingMs)
  if now - since >= a.giveUpMs and tried then
    bury(id, gen, item, { line = line, since = since, tries = tries, why = a.why })
    step(id, gen, line)
    return 'dead'
  end
  call('ZADD', DUE(gen), now + a.retryMs, line)
  return fails >= a.restAfter and not was_resting and 'resting' or 'later'
end

-- Dead letters go to the end of their lines with a new day. Answers how many did, and how many have no data left.
function on.redrive()
  local gen = call('HGET', HOOK(a.webhook), 'gen')
  if not gen then return { -1, 0 } end
  call('HSET', HOOK(a.webhook), 'fails', 0, 'rest', 0, 'failingSince', '')
  local redriven, gone = 0, 0
  for _, item in ipairs(a.items or call('ZRANGE', DEAD(gen), 0, PIECE - 1)) do
    if call('ZREM', DEAD(gen), item) == 1 then
      local letter = cjson.decode(call('HGET', WHY(gen), item))
      call('HDEL', WHY(gen), item)
      if call('EXISTS', payload_key(item)) == 1 then
        call('EXPIRE', payload_key(item), OWED_SECONDS, 'GT')
        line_up(a.webhook, gen, item, letter.line)
        redriven = redriven + 1
      else
        release(item)
        gone = gone + 1
      end
    end
  end
  return { redriven, gone }
end

tick()
return on[a.event]()
