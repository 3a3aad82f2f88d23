-- The life of a campaign: draft | scheduled | running | paused | ended | cancelled. One write changes it, whatever its size.
local RUNNING = P .. 'running'
local SCHEDULED = P .. 'scheduled'
-- Running campaigns that expire, by when.
local EXPIRING = P .. 'expiring'
-- The latest turn of each account, as a count: who waited longest comes first.
local FED_AT = P .. 'fed-at'
-- Whose recipient each account served last.
local FED_LAST = P .. 'fed-last'
local NEWS = P .. 'campaign-news'
local MOST_NEWS = 10000
-- Campaigns that are over, by when: their outcomes are forgotten in time, and in the end (ENDED) all of them.
local ENDED_RESULTS = P .. 'ended-results'
-- The place in virtual time of the latest turn: who comes or comes back joins here, neither waiting for nor overtaking the others.
local TURN = P .. 'turn'
local function TODO(id, account) return P .. 'todo:' .. id .. ':' .. account end

-- What the one feeder's process tells people about.
local function tell(id, event, why)
  local seq = call('HINCRBY', KEY, 'news', 1)
  call('RPUSH', NEWS, cjson.encode({ seq = seq, campaign = id, event = event, why = why, at = now }))
  call('LTRIM', NEWS, -MOST_NEWS, -1)
  wake()
end

-- Jobs that were in their queues when the campaign was paused or ran out of credits come back, or learn that it was cancelled; those behind
-- a brake as well.
local function release_held(id)
  local held = call('ZRANGE', HELD(id), 0, -1)
  for _, d in ipairs(held) do
    local j = call('HMGET', JOB(d), 'state', 'account', 'op', 'member')
    if j[1] == 'braked' then call('ZREM', BRAKED(j[3]), j[4]) end
    if j[1] == 'held' or j[1] == 'braked' then
      call('HSET', JOB(d), 'state', 'released')
      call('ZADD', RELEASED, now, d)
      if j[2] then put_ahead(j[2], d) end
      promote_job(d)
    end
  end
  call('DEL', HELD(id))
end

-- Something of the campaign moved: one that rests may be fed again, or stand still now.
local function look_again(id)
  call('ZADD', RESTING, 'XX', 0, id)
  wake()
end

local function set_campaign(id, state, why)
  call('HSET', CAMPAIGN(id), 'state', state, 'why', why, 'changedAt', now)
  call('HDEL', CAMPAIGN(id), 'stalled')
  call('ZREM', RUNNING, id)
  call('ZREM', RESTING, id)
  call('ZREM', EXPIRING, id)
  if state ~= 'scheduled' then call('ZREM', SCHEDULED, id) end
  if state == 'ended' or state == 'cancelled' then
    call('HSET', CAMPAIGN(id), 'endedAt', now)
    call('ZADD', ENDED, now, id)
    call('ZADD', ENDED_RESULTS, now, id)
  else
    call('HDEL', CAMPAIGN(id), 'endedAt')
    call('ZREM', ENDED, id)
    call('ZREM', ENDED_RESULTS, id)
  end
  if state == 'running' then
    call('ZADD', RUNNING, num(call('GET', TURN)), id)
    local expires_at = num(call('HGET', CAMPAIGN(id), 'expiresAt'))
    if expires_at > 0 then call('ZADD', EXPIRING, expires_at, id) end
  end
  tell(id, state, why)
end

-- What was not put into a queue will not be sent: counted, not written one by one.
local function drop_unsent(id)
  for _, account in ipairs(cjson.decode(call('HGET', CAMPAIGN(id), 'accounts'))) do call('UNLINK', TODO(id, account)) end
end

-- The last of a running campaign: everything accepted was fed and has its outcome.
local function end_if_done(id)
  local c = call('HMGET', CAMPAIGN(id), 'state', 'accepted', 'ended')
  if c[1] ~= 'running' or num(c[3]) < num(c[2]) then return end
  set_campaign(id, 'ended', 'all_done')
end

-- What a job of a campaign came to, counted in the step that settled it. Recipients' own jobs are counted; others that name the campaign
-- (re-driven ones, a producer's) spend its credits and are among its results. Of its own the ledger has the feeder's note, which stays when
-- a recipient is erased; one that ended before that note was written is known by its id (a.own).
local function count_campaign(id, d, account, s)
  if account and s.status then call('SREM', AHEAD(account), d) end
  if call('EXISTS', CAMPAIGN(id)) == 0 then return end
  local key = CAMPAIGN(id)
  if s.charged ~= 0 then call('HINCRBY', key, 'charged', s.charged) end
  if s.uncertain ~= 0 then call('HINCRBY', key, 'uncertain', s.uncertain) end
  if s.wasted ~= 0 then call('HINCRBY', key, 'wasted', s.wasted) end
  if s.redriven ~= 0 then call('HINCRBY', key, 'redriven', s.redriven) end
  if not s.status then return end
  call('RPUSH', P .. 'campaign-outcomes:' .. id, s.outcomeId)
  if a.own or call('HGET', JOB(d), 'own') == '1' then
    call('HINCRBY', key, 'ended', 1)
    call('HINCRBY', key, 'status:' .. s.status, 1)
    if s.code and s.code ~= '' then call('HINCRBY', key, 'code:' .. s.code, 1) end
    if account then call('HINCRBY', key, 'account:' .. account .. ':' .. s.status, 1) end
    local minute = math.floor(now / 60000)
    local m = call('HMGET', key, 'minute', 'minuteCount')
    if num(m[1]) == minute then call('HINCRBY', key, 'minuteCount', 1)
    else call('HSET', key, 'minute', minute, 'minuteBefore', num(m[1]) == minute - 1 and num(m[2]) or 0, 'minuteCount', 1) end
  end
  end_if_done(id)
  look_again(id)
end
