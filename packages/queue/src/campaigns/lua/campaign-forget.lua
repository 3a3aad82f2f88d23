-- Campaigns that are over for long enough are forgotten, one a call: first the lists of their results and of who was never
-- sent to, in the end all of them. One whose jobs have not all ended is left for another day: without its record nothing says what is to become of them.
-- Answers the id of what was forgotten whole, or ''. A person deletes one that is over, or a draft, before that.
-- needs: campaign_life
local LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
local MOST = 10

local function drop_results(results_ms)
  for _, id in ipairs(call('ZRANGEBYSCORE', keys.ended_results, '-inf', now - results_ms, 'LIMIT', 0, MOST)) do
    local dropped = call('LLEN', keys.campaign_outcomes(id))
    -- More may end later: what is listed then is not all there was.
    if dropped > 0 then
      call('HINCRBY', keys.campaign(id), 'dropped', dropped)
      call('HSET', keys.campaign(id), 'droppedAt', now)
    end
    call('UNLINK', keys.campaign_outcomes(id))
    campaign_life.drop_unsent(id)
    call('ZREM', keys.ended_results, id)
  end
end

local function one_to_forget(keep_ms)
  for _, id in ipairs(call('ZRANGEBYSCORE', keys.ended_campaigns, '-inf', now - keep_ms, 'LIMIT', 0, MOST)) do
    local c = call('HMGET', keys.campaign(id), 'fed', 'ended', 'waiting')
    if num(c[2]) + num(c[3]) >= num(c[1]) then return id end
    call('ZADD', keys.ended_campaigns, now - keep_ms + DAY_MS, id)
  end
end

local function forget(id)
  for i = 1, #LETTERS do
    local parts = {}
    for k = 1, #LETTERS do parts[k] = keys.recipients(id, string.sub(LETTERS, i, i) .. string.sub(LETTERS, k, k)) end
    call('UNLINK', unpack(parts))
  end
  campaign_life.drop_unsent(id)
  call('UNLINK', keys.campaign(id), keys.campaign_outcomes(id), keys.held(id), keys.campaign_states(id))
  call('ZREM', keys.campaigns, id)
  call('ZREM', keys.ended_campaigns, id)
  call('ZREM', keys.ended_results, id)
end

-- All but its id, which stays taken until the ids of its jobs are free again: one that was made anew under it would wait for jobs that the ledger knows
-- as ended. It is `cancelled` to all that look at it: a job that a feeder put into a queue before it crashed, or that is done again, is refused.
local function bury(id)
  local kept = call('HMGET', keys.campaign(id), 'fed', 'ended', 'createdAt', 'endedAt')
  local ended_at, results_at = call('ZSCORE', keys.ended_campaigns, id), call('ZSCORE', keys.ended_results, id)
  forget(id)
  call('HSET', keys.campaign(id), 'state', 'cancelled', 'fed', kept[1], 'ended', kept[2], 'createdAt', kept[3], 'endedAt', kept[4] or now,
    'accounts', '[]', 'maxCredits', '', 'deletedAt', now)
  call('ZADD', keys.ended_campaigns, ended_at or now, id)
  call('ZADD', keys.ended_results, results_at or now, id)
end

script('campaign_delete', { flags = { 'allow-oom' }, run = function(a)
  tick()
  local id = a.campaign
  local c = call('HMGET', keys.campaign(id), 'state', 'fed', 'ended', 'startedAt', 'deletedAt', 'removed', 'waiting')
  local state = c[1]
  if not state or c[5] then return { 'unknown', '' } end
  if state ~= 'draft' and state ~= 'ended' and state ~= 'cancelled' then return { 'conflict', state } end
  if num(c[3]) + num(c[7]) < num(c[2]) or call('EXISTS', keys.held(id)) == 1 then return { 'open', state } end
  -- Somebody of a draft may have been erased, with an outcome.
  if c[4] or num(c[3]) > num(c[6]) then bury(id) else forget(id) end
  return { 'done', state }
end })

script('campaign_forget', { flags = { 'allow-oom' }, run = function(a)
  tick()
  drop_results(a.resultsMs)
  local id = one_to_forget(a.keepMs)
  if not id then return '' end
  forget(id)
  return id
end })
