-- Notes the jobs that were put into the queues: the cursors move on, once, however often this is repeated. Jobs that ended, are held or wait behind a
-- brake are not ahead. Events that were announced are dropped.
-- needs: bullmq, used_ids, lanes, campaign_life, sequence

local function move_cursor(step)
  local key = keys.campaign(step.campaign)
  if step.next >= step.size then
    local rows = call('LPOP', keys.todo(step.campaign, step.from))
    -- Chunks of a sequence are read again for each step.
    if step.keeps and rows then
      call('HSET', keys.step_rows(step.campaign), int(step.chunk) .. '|' .. step.from, rows)
      call('HINCRBY', key, 'base:' .. step.from, step.size)
    end
    call('HINCRBY', key, 'chunk:' .. step.from, 1)
    call('HSET', key, 'at:' .. step.from, 0)
  else
    call('HSET', key, 'at:' .. step.from, step.next)
  end
  call('HINCRBY', key, 'fed', step.next - step.at)
  call('HINCRBY', key, 'left:' .. step.from, step.at - step.next)
  -- Who was erased has no job, and the next of the list takes the place.
  if call('HEXISTS', key, 'first') == 1 then call('HINCRBY', key, 'firstLeft', 0 - #step.jobs) end
end

local function with_account(meta, account)
  local changed = cjson.decode(meta)
  changed.accountId = account
  return cjson.encode(changed)
end

-- The account that a job's data names. Somebody may have put a job of this id there before us, and its data may be anything.
local LONGEST_ACCOUNT = 200
local function account_in(data)
  local readable, read = pcall(cjson.decode, data or '')
  local account = readable and type(read) == 'table' and read.accountId
  return type(account) == 'string' and account ~= '' and #account <= LONGEST_ACCOUNT and account or nil
end

-- The ledger's note of a job that is in its queue, so that the job gets its outcome also when somebody takes it out there.
local function note(job, campaign, ledger_days)
  local entry = keys.job(job.digest)
  local state = call('HGET', entry, 'state')
  if state == 'settled' then return campaign_life.count_early_end(campaign, job.digest, job.row) end
  if state then call('HSET', entry, 'own', '1', 'campaign', campaign) end
  if not state and used_ids.status_of(job.digest, ledger_days) then return campaign_life.count_early_end(campaign, job.digest, job.row) end
  if state == 'held' or state == 'braked' then return end
  -- A feeder that crashed may have put it in for another account: the job itself says whose it is.
  local account = account_in(call('HGET', bullmq.key(job.queue, job.id), 'data')) or job.account
  -- A note without a state is no ledger entry yet: to the gate the job is new.
  if not state then
    local meta = account == job.account and job.meta or with_account(job.meta, account)
    call('HSET', entry, 'queue', job.queue, 'id', job.id, 'account', account, 'campaign', campaign, 'meta', meta, 'own', '1')
  end
  lanes.put_ahead(account, job.digest)
end

local function take_step(step, ledger_days)
  -- The cursor is where the feeder read it, or this was done before. A cancelled campaign's jobs are out all the same.
  local place = call('HMGET', keys.campaign(step.campaign), 'chunk:' .. step.from, 'at:' .. step.from)
  if num(place[1]) ~= step.chunk or num(place[2]) ~= step.at then return end
  move_cursor(step)
  for _, job in ipairs(step.jobs) do note(job, step.campaign, ledger_days) end
  call('ZADD', keys.running, 'XX', step.turn, step.campaign)
end

-- Somebody whose next step was due has its job, once, however often this is repeated. `job`: none for one who was erased.
local function take_follow_up(one, ledger_days)
  if not sequence.drop(one.campaign, one) then return end
  if one.job then note(one.job, one.campaign, ledger_days) else campaign_life.count_forgotten(one.campaign) end
  call('ZADD', keys.running, 'XX', one.turn, one.campaign)
end

-- Who was served, for the next turns.
local function note_served(served)
  local at = num(api_key.get('fedAt'))
  for i, one in ipairs(served) do
    call('ZADD', keys.fed_at, at + i, one[1])
    call('HSET', keys.fed_last, one[1], one[2])
  end
  if #served > 0 then api_key.put('fedAt', at + #served) end
end

local function drop_events(told)
  while true do
    local head = call('LINDEX', keys.campaign_events, 0)
    if not head or cjson.decode(head).seq > told then return end
    call('LPOP', keys.campaign_events)
  end
end

script('campaign_fed', { flags = { 'allow-oom' }, state = { 'fedAt' }, run = function(a)
  tick()
  for _, step in ipairs(a.steps) do take_step(step, a.ledgerDays) end
  for _, one in ipairs(a.followUps) do take_follow_up(one, a.ledgerDays) end
  note_served(a.served)
  drop_events(a.told)
  if a.turn > num(call('GET', keys.turn)) then call('SET', keys.turn, a.turn) end
  return 1
end })
