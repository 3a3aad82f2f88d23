-- The life of a campaign: draft | scheduled | running | paused | ended | cancelled. One write changes it, whatever its size.
local RUNNING = P .. 'running'
local WAKE = P .. 'wake'

-- The feeder sleeps until somebody has work for it.
local function wake(why) call('PUBLISH', WAKE, why) end

-- Jobs that were in their queues when the campaign was paused or ran out of credits come back, or learn that it was cancelled.
local function release_held(id)
  local held = call('ZRANGE', HELD(id), 0, -1)
  for _, d in ipairs(held) do
    if call('HGET', JOB(d), 'state') == 'held' then
      call('HSET', JOB(d), 'state', 'released')
      call('ZADD', RELEASED, now, d)
      promote_job(d)
    end
  end
  call('DEL', HELD(id))
end

local function set_campaign(id, state, why) call('HSET', CAMPAIGN(id), 'state', state, 'why', why, 'changedAt', now) end

-- The last of a running campaign: everything accepted was fed and has its outcome.
local function end_if_done(id)
  local c = call('HMGET', CAMPAIGN(id), 'state', 'accepted', 'ended', 'sealed')
  if c[1] ~= 'running' or num(c[3]) < num(c[2]) then return end
  set_campaign(id, 'ended', 'all_done')
  call('HSET', CAMPAIGN(id), 'endedAt', now)
  call('ZREM', RUNNING, id)
  wake('ended')
end

-- What a job of a campaign came to, counted in the step that settled it.
local function count_campaign(id, d, account, s)
  if call('EXISTS', CAMPAIGN(id)) == 0 then return end
  local key = CAMPAIGN(id)
  if s.charged ~= 0 then call('HINCRBY', key, 'charged', s.charged) end
  if s.uncertain ~= 0 then call('HINCRBY', key, 'uncertain', s.uncertain) end
  if s.wasted ~= 0 then call('HINCRBY', key, 'wasted', s.wasted) end
  if not s.status then return end
  if account then call('SREM', AHEAD(account), d) end
  call('HINCRBY', key, 'ended', 1)
  call('HINCRBY', key, 'status:' .. s.status, 1)
  if s.code and s.code ~= '' then call('HINCRBY', key, 'code:' .. s.code, 1) end
  if account then call('HINCRBY', key, 'account:' .. account .. ':' .. s.status, 1) end
  call('RPUSH', P .. 'campaign-outcomes:' .. id, s.outcomeId)
  end_if_done(id)
  wake(id)
end
