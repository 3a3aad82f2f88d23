-- What is to be posted to webhooks, handed over in the very step that makes it known: one entry for each webhook that asked for it, in the
-- line of its recipient, so that the order of a recipient's outcomes is the order in which they were settled. Nothing here posts.
local HOOKS = P .. 'webhooks'
local function HOOK(id) return P .. 'webhook:' .. id end
local function EVENT(item) return P .. 'event:' .. item end
-- `gen`: one life of a webhook; a later one under the same id has nothing of the former's.
local function DUE(gen) return P .. 'hook:' .. gen .. ':due' end
local function LINE(gen, line) return P .. 'hook:' .. gen .. ':line:' .. line end
local function TRIES(gen) return P .. 'hook:' .. gen .. ':tries' end
local function DEAD(gen) return P .. 'hook:' .. gen .. ':dead' end
local function WHY(gen) return P .. 'hook:' .. gen .. ':why' end

-- Above a day at LinkUp's full rate (300 a minute: 432,000); what comes past it is a dead letter at once.
local MOST_WAITING = 500000
local MOST_DEAD = 100000

local function payload_key(item)
  if string.sub(item, 1, 2) == 'o-' then return P .. 'outcome:' .. item end
  return EVENT(item)
end

-- One webhook less is owed this item. An outcome goes back to the time that outcomes are kept for reading.
local function release(item)
  if call('HINCRBY', OWED, item, -1) > 0 then return end
  call('HDEL', OWED, item)
  if string.sub(item, 1, 2) ~= 'o-' or not a.outcomeDays then return end
  -- Not on the results queue yet: publishing sets the time.
  if not call('ZSCORE', OUTBOX, string.sub(item, 3)) then keep_outcome(item, a.outcomeDays) end
end

-- A dead letter: kept for a person to look at and to send again. The oldest go first when there are too many, and are counted.
local function bury(id, gen, item, letter)
  call('ZADD', DEAD(gen), now, item)
  call('HSET', WHY(gen), item, cjson.encode(letter))
  call('EXPIRE', payload_key(item), OWED_SECONDS, 'GT')
  while call('ZCARD', DEAD(gen)) > MOST_DEAD do
    local oldest = call('ZPOPMIN', DEAD(gen))[1]
    call('HDEL', WHY(gen), oldest)
    call('HINCRBY', HOOK(id), 'dropped', 1)
    release(oldest)
  end
end

local function line_up(id, gen, item, line)
  local at = string.format('%.0f', now)
  -- An empty line that is due at some time has a post that is out.
  if call('RPUSH', LINE(gen, line), item .. '|' .. at) == 1 then call('ZADD', DUE(gen), 'NX', at, line) end
  call('HINCRBY', HOOK(id), 'waiting', 1)
end

-- `about`: {kind: outcome | campaign, status, campaign, line}. A script that calls this must not do so again when it is repeated.
local function hand_over(item, about)
  local owed = 0
  for _, id in ipairs(call('ZRANGE', HOOKS, 0, -1)) do
    local h = call('HMGET', HOOK(id), 'gen', 'events', 'statuses', 'campaign', 'waiting')
    local asked = string.find(h[2] or '', about.kind, 1, true)
    if asked and about.status and h[3] ~= '' then asked = string.find(h[3], about.status, 1, true) end
    if asked and h[4] ~= '' then asked = h[4] == about.campaign end
    if asked then
      owed = owed + 1
      call('HINCRBY', OWED, item, 1)
      if num(h[5]) >= MOST_WAITING then
        bury(id, h[1], item, { line = about.line, since = now, tries = 0, why = 'too_many_waiting' })
      else
        line_up(id, h[1], item, about.line)
      end
    end
  end
  return owed
end
