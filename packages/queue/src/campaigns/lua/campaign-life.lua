-- The life of a campaign: draft | scheduled | running | paused | ended | cancelled. One write changes it, whatever its size.
-- needs: lanes, feeding, used_ids, state_history, sequence
local campaign_life = {}
local MOST_EVENTS = 10000
local MINUTE_MS = 60000

-- Hands an event to the feeder's process, which announces it to people.
function campaign_life.announce(id, event, why)
  local seq = api_key.add('news', 1)
  call('RPUSH', keys.campaign_events, cjson.encode({ seq = seq, campaign = id, event = event, why = why, at = now }))
  call('LTRIM', keys.campaign_events, -MOST_EVENTS, -1)
  state_history.note(keys.campaign_states(id), event, why)
  feeding.wake()
end

-- Jobs that were in their queues when the campaign was paused or ran out of credits come back, or learn that it was cancelled; those behind
-- a brake as well.
function campaign_life.release_held(id)
  local held = call('ZRANGE', keys.held(id), 0, -1)
  for _, digest in ipairs(held) do
    local entry = call('HMGET', keys.job(digest), 'state', 'account', 'op', 'member')
    if entry[1] == 'braked' then call('ZREM', keys.braked(entry[3]), entry[4]) end
    if entry[1] == 'held' or entry[1] == 'braked' then
      if entry[2] then lanes.put_ahead(entry[2], digest) end
      lanes.send_back(digest)
    end
  end
  call('DEL', keys.held(id))
end

-- Something of the campaign moved: one that rests may be fed again, or stand still now.
function campaign_life.look_again(id)
  call('ZADD', keys.resting, 'XX', 0, id)
  feeding.wake()
end

-- Whether a reply may still keep something of the campaign from being sent: so long inboxes are read.
local MAY_SEND = { running = true, paused = true, scheduled = true }
function campaign_life.mark_stopping(id)
  local c = call('HMGET', keys.campaign(id), 'state', 'stopOnReply', 'createdAt', 'stepOnReply')
  if (c[2] == '1' or c[4] == '1') and MAY_SEND[c[1]] then call('ZADD', keys.stopping, c[3] or 0, id) else call('ZREM', keys.stopping, id) end
end

function campaign_life.change(id, state, why)
  sequence.turn_clock(id, state)
  call('HSET', keys.campaign(id), 'state', state, 'why', why, 'changedAt', now)
  call('HDEL', keys.campaign(id), 'stalled')
  call('ZREM', keys.running, id)
  call('ZREM', keys.resting, id)
  call('ZREM', keys.expiring, id)
  if state ~= 'scheduled' then call('ZREM', keys.scheduled, id) end
  if state == 'ended' or state == 'cancelled' then
    call('HSET', keys.campaign(id), 'endedAt', now)
    call('ZADD', keys.ended_campaigns, now, id)
    call('ZADD', keys.ended_results, now, id)
  else
    call('HDEL', keys.campaign(id), 'endedAt')
    call('ZREM', keys.ended_campaigns, id)
    call('ZREM', keys.ended_results, id)
  end
  if state == 'running' then
    call('ZADD', keys.running, num(call('GET', keys.turn)), id)
    local expires_at = num(call('HGET', keys.campaign(id), 'expiresAt'))
    if expires_at > 0 then call('ZADD', keys.expiring, expires_at, id) end
  end
  campaign_life.mark_stopping(id)
  campaign_life.announce(id, state, why)
end

-- All accounts that may have jobs of it: those of now and those that it had before.
function campaign_life.accounts_of(id)
  local c = call('HMGET', keys.campaign(id), 'accounts', 'formerAccounts')
  local accounts = cjson.decode(c[1])
  for _, account in ipairs(c[2] and cjson.decode(c[2]) or {}) do table.insert(accounts, account) end
  return accounts
end

-- Who was never sent to is not listed any more, and nobody waits for a further step.
function campaign_life.drop_unsent(id)
  sequence.forget(id)
  for _, account in ipairs(cjson.decode(call('HGET', keys.campaign(id), 'accounts'))) do call('UNLINK', keys.todo(id, account)) end
end

-- The last of a running campaign: everything accepted was fed and has its outcome.
function campaign_life.end_if_done(id)
  local c = call('HMGET', keys.campaign(id), 'state', 'accepted', 'ended')
  if c[1] ~= 'running' or num(c[3]) < num(c[2]) then return end
  campaign_life.change(id, 'ended', 'all_done')
end

-- Counts a person's word on the unknown outcome of a recipient's job; what it is counted under otherwise stays.
function campaign_life.count_resolved(id, happened)
  if call('EXISTS', keys.campaign(id)) == 1 then call('HINCRBY', keys.campaign(id), happened and 'resolved:happened' or 'resolved:notHappened', 1) end
end

-- One recipient more has an outcome: the last one, unless they go on to a further step. s: status, code; of a sequence also what sequence.move needs.
local function count_recipient(id, account, s)
  local key = keys.campaign(id)
  if not (s.row and sequence.move(id, account, s)) then call('HINCRBY', key, 'ended', 1) end
  -- A look is no step of anybody.
  if s.row and sequence.is_look(sequence.read_row(s.row)) then return end
  call('HINCRBY', key, 'status:' .. s.status, 1)
  if s.code and s.code ~= '' then call('HINCRBY', key, 'code:' .. s.code, 1) end
  if account then call('HINCRBY', key, 'account:' .. account .. ':' .. s.status, 1) end
  local minute = math.floor(now / MINUTE_MS)
  local m = call('HMGET', key, 'minute', 'minuteCount')
  if num(m[1]) == minute then call('HINCRBY', key, 'minuteCount', 1)
  else call('HSET', key, 'minute', minute, 'minuteBefore', num(m[1]) == minute - 1 and num(m[2]) or 0, 'minuteCount', 1) end
end

-- Counts the end of a campaign's job in the step that settled it. Recipients' own jobs are counted; others that name the campaign
-- (re-driven ones, a producer's) spend its credits and are among its results. Of its own the ledger has the feeder's note, which stays when
-- a recipient is erased; one that ended before that note was written is known by its id: either makes `is_recipient_job`.
-- s: charged, uncertain, wasted, redriven; of an end also status, code, outcome_id and is_recipient_job, of a step of a sequence row, touched_at and sign.
function campaign_life.count(id, digest, account, s)
  if account and s.status then call('SREM', keys.ahead(account), digest) end
  if call('EXISTS', keys.campaign(id)) == 0 then return end
  local key = keys.campaign(id)
  if s.charged ~= 0 then call('HINCRBY', key, 'charged', s.charged) end
  if s.uncertain ~= 0 then call('HINCRBY', key, 'uncertain', s.uncertain) end
  if s.wasted ~= 0 then call('HINCRBY', key, 'wasted', s.wasted) end
  if s.redriven ~= 0 then call('HINCRBY', key, 'redriven', s.redriven) end
  if not s.status then return end
  call('RPUSH', keys.campaign_outcomes(id), s.outcome_id)
  s.seed = digest
  if s.is_recipient_job then count_recipient(id, account, s) end
  campaign_life.end_if_done(id)
  campaign_life.look_again(id)
end

-- A job under the id of a recipient's that ended before that recipient was fed, and named none: somebody added it by hand and took its names out of
-- its data. Whose it is only the feeder tells, which finds the id used; so its end is kept until then. In a sequence the feeder alone knows the row of a recipient.
-- s: status, code, outcome_id, campaign (that its data named, if any).
function campaign_life.keep_early_end(digest, account, s, ledger_days)
  local key = keys.early_end(digest)
  call('DEL', key)
  call('HSET', key, 'status', s.status, 'code', s.code or '', 'outcomeId', s.outcome_id, 'account', account or '', 'campaign', s.campaign or '')
  used_ids.keep_redriven(key, ledger_days)
end

-- Counts the end of such a job in the campaign that it is of, once. row: of a sequence's.
function campaign_life.count_early_end(id, digest, row)
  local e = call('HMGET', keys.early_end(digest), 'status', 'code', 'outcomeId', 'account', 'campaign')
  if not e[1] then return end
  call('DEL', keys.early_end(digest))
  if call('EXISTS', keys.campaign(id)) == 0 then return end
  if e[5] ~= id then call('RPUSH', keys.campaign_outcomes(id), e[3]) end
  count_recipient(id, e[4] ~= '' and e[4] or nil, { status = e[1], code = e[2], row = row, seed = digest })
  campaign_life.end_if_done(id)
  campaign_life.look_again(id)
end

-- Somebody of a sequence is at their end without a further job: their row names nobody any more.
function campaign_life.count_forgotten(id)
  call('HINCRBY', keys.campaign(id), 'ended', 1)
  campaign_life.end_if_done(id)
end

return campaign_life
