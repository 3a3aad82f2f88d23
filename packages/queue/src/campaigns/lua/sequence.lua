-- The people of a sequence between two of its steps: who waits for which step, from which account, until when (decision 59). Times are on the campaign's own clock, which stands while it
-- does not run, so that a pause keeps what is left of each wait. A person is known by the row of the campaign's list: no name and no digest of theirs is here.
-- needs: nothing
local sequence = {}
-- As recipient-job-id.ts has them: a step that is known not to have been sent is tried so often, so long apart.
local MOST_TRIES, TRY_MS = 3, DAY_MS
local NOT_SENT = { connection_failed = true, token_expired = true, rate_limited = true, linkedin_limited = true, server_error = true, not_done = true }
local BYTES, SPREAD = 131, 2147483647

-- As step-looks.ts has them: the days after the step before on which whoever has not accepted is looked at; a look that failed is made again a day later, so often.
local LOOK_DAYS, MOST_FAILED = { 1, 2, 3, 5, 7, 10, 14, 20 }, 9
local FIRST_LOOK, LAST_LOOK = 100, 900
local MINUTE_MS = 60000
-- A look ended with one of these: no other would find more.
local NOBODY = { not_found = true, invalid_input = true, account_unavailable = true }

-- A number between two, by this seed.
local function draw(seed, least, most)
  local sum = 0
  for i = 1, #seed do sum = (sum * BYTES + string.byte(seed, i)) % SPREAD end
  return math.floor(least + (most - least) * sum / SPREAD)
end

-- The campaign's clock, ms.
function sequence.clock(id)
  local c = call('HMGET', keys.campaign(id), 'clock', 'clockAt', 'state')
  return num(c[1]) + (c[3] == 'running' and now - num(c[2]) or 0)
end

-- A sequence is about to come into this state.
function sequence.turn_clock(id, state)
  local c = call('HMGET', keys.campaign(id), 'steps', 'state')
  if not c[1] then return end
  if state == 'running' and c[2] ~= 'running' then call('HSET', keys.campaign(id), 'clockAt', now) end
  if state ~= 'running' and c[2] == 'running' then call('HSET', keys.campaign(id), 'clock', sequence.clock(id)) end
end

-- The steps of a campaign: operation, scopes, least and most (ms), noReply, asks (`accepted` or `not_accepted`: the sign that a look must find before); nil for a campaign of one operation.
function sequence.steps(text) return text and cjson.decode(text) or nil end

-- By how much an edit moved the waits for a step, ms.
local function shift_of(id, step) return num(call('HGET', keys.campaign(id), 'shift:' .. int(step))) end

-- A person's row and how far they are, as the job of a step has it: see `FedJob`. touch: when a step of theirs wrote to them last, ms; 0: none did.
function sequence.read_row(text)
  local step, job, touch, shard, chunk, index, from = string.match(text, '^(%d+)|([%ds]+)|(%d+)|(%d+)|(%d+)|(%d+)|(.*)$')
  return { step = num(step), job = job, attempt = num(string.match(job, '^%d+')), touch = num(touch), shard = shard, chunk = chunk, index = index, from = from }
end

-- Whether the job is a look before a step.
function sequence.is_look(row) return row.attempt >= FIRST_LOOK end

-- The least of a line goes up into the line above.
local function lift(below, above, member)
  local first = call('ZRANGE', below, 0, 0, 'WITHSCORES')[2]
  if first then call('ZADD', above, first, member) else call('ZREM', above, member) end
end

local function lift_all(id, step, account, shard)
  lift(keys.wait_shard(id, step, account, shard), keys.wait_shards(id, step, account), shard)
  lift(keys.wait_shards(id, step, account), keys.waits(id, step), account)
end

local function count_waiting(id, step, by)
  call('HINCRBY', keys.campaign(id), 'waiting', by)
  call('HINCRBY', keys.campaign(id), 'waiting:' .. step, by)
end

-- job: which try of the step it will be, `<try>s<minute>` where a look found its sign in that minute; from 100 on the look before one: see recipient-job-id.ts.
local function member_of(row, account, job)
  return row.chunk .. '|' .. row.index .. '|' .. job .. '|' .. int(row.touch) .. '|' .. (row.from ~= account and row.from or '')
end

-- q: step, job, at (on the campaign's clock).
local function wait(id, account, row, q)
  local step = int(q.step)
  if call('ZADD', keys.wait_shard(id, step, account, row.shard), 'NX', int(q.at - shift_of(id, q.step)), member_of(row, account, q.job)) == 0 then return end
  lift_all(id, step, account, row.shard)
  count_waiting(id, step, 1)
end

-- Takes somebody out of a line. Answers whether they were there.
function sequence.drop(id, one)
  local step = int(one.step)
  if call('ZREM', keys.wait_shard(id, step, one.account, one.shard), one.member) == 0 then return false end
  lift_all(id, step, one.account, one.shard)
  count_waiting(id, step, -1)
  return true
end

-- The accounts of which somebody is due for a step, the longest due first, and in how many ms others are; nil for none.
function sequence.due_accounts(id, step, clock)
  local at = int(clock - shift_of(id, step))
  local later = call('ZRANGEBYSCORE', keys.waits(id, int(step)), '(' .. at, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)[2]
  return call('ZRANGEBYSCORE', keys.waits(id, int(step)), '-inf', at), later and num(later) - num(at) or nil
end

-- Up to `most` people of an account who are due for a step.
function sequence.due(id, q)
  local found, at, step = {}, int(q.clock - shift_of(id, q.step)), int(q.step)
  for _, shard in ipairs(call('ZRANGEBYSCORE', keys.wait_shards(id, step, q.account), '-inf', at, 'LIMIT', 0, q.most)) do
    for _, member in ipairs(call('ZRANGEBYSCORE', keys.wait_shard(id, step, q.account, shard), '-inf', at, 'LIMIT', 0, q.most - #found)) do
      table.insert(found, { shard = shard, member = member })
    end
    if #found >= q.most then break end
  end
  return found
end

-- Whether people wait for a step by this account.
function sequence.has_waits(id, account)
  local steps = sequence.steps(call('HGET', keys.campaign(id), 'steps'))
  for step = 1, steps and #steps or 0 do
    if call('ZSCORE', keys.waits(id, step), account) then return true end
  end
  return false
end

-- Whether somebody who answered is passed over by this step, and goes on behind it.
local function passes(step, s, stops) return step.noReply and stops ~= '1' and s.status == 'cancelled' and s.code == 'replied' end

-- Of somebody who waits for a sign: in how many ms after the step before each look is made. The days of the other branch are counted from there, too, and the look on its day is the last one.
local function looks_of(id, steps, at, row)
  local function drawn(step)
    local text = steps[step]
    return text.asks == 'accepted' and text.most == 0 and DAY_MS or draw(id .. '|' .. row.chunk .. '|' .. row.index .. '|' .. row.from .. '|' .. int(step), text.least, text.most)
  end
  local times = { drawn(at) }
  if steps[at].asks ~= 'accepted' then return times end
  local other = steps[at + 1] and steps[at + 1].asks == 'not_accepted' and drawn(at + 1) or nil
  for _, days in ipairs(LOOK_DAYS) do
    if days * DAY_MS > times[1] and (not other or days * DAY_MS < other) then table.insert(times, days * DAY_MS) end
  end
  if other and other > times[1] then table.insert(times, other) end
  return times
end

-- Somebody comes to a step, or is at their end where there is none. seed: for the days of a step without a look.
local function enter(id, account, row, q)
  local step = q.steps[q.step]
  if not step then return false end
  local job = step.asks and int(FIRST_LOOK) or '1'
  local after = step.asks and looks_of(id, q.steps, q.step, row)[1] or draw(q.seed, step.least, step.most)
  wait(id, account, row, { step = q.step, job = job, at = sequence.clock(id) + after })
  return true
end

-- The first step from this one on that is not for those who did not accept.
local function behind_others(steps, at)
  while steps[at] and steps[at].asks == 'not_accepted' do at = at + 1 end
  return at
end

-- The step that asked for a sign was not sent, and is known not to have been: it needs a fresh one.
local function look_again(id, account, row, after)
  if row.attempt >= MOST_TRIES then return false end
  wait(id, account, row, { step = row.step, job = int(LAST_LOOK + row.attempt), at = sequence.clock(id) + after })
  return true
end

-- A look ended. Only a positive sign brings anybody to their step: a look that failed, and one that leaves it open, is made again.
local function looked(id, account, row, s)
  local steps, tries, failed, which = s.steps, row.attempt % 10, math.floor(row.attempt / 10) % 10, math.floor(row.attempt / 100)
  if s.status == 'cancelled' or NOBODY[s.code] then return false end
  if s.status ~= 'succeeded' or not s.sign then
    if failed >= MOST_FAILED then return false end
    wait(id, account, row, { step = row.step, job = int(row.attempt + 10), at = sequence.clock(id) + DAY_MS })
    return true
  end
  local asks, signed = steps[row.step].asks, int(tries + 1) .. 's' .. int(math.floor(now / MINUTE_MS))
  if s.sign == 'accepted' and asks == 'not_accepted' then
    return enter(id, account, row, { steps = steps, step = behind_others(steps, row.step), seed = s.seed .. s.row })
  end
  if s.sign == asks then
    wait(id, account, row, { step = row.step, job = signed, at = sequence.clock(id) })
    return true
  end
  if asks ~= 'accepted' or s.sign == 'none' then return false end
  -- Still pending, or they invited the account.
  local times = looks_of(id, steps, row.step, row)
  if times[which + 1] then
    wait(id, account, row, { step = row.step, job = int((which + 1) * 100 + tries), at = sequence.clock(id) + times[which + 1] - times[which] })
    return true
  end
  local other = steps[row.step + 1]
  if s.sign ~= 'not_accepted' or not other or other.asks ~= 'not_accepted' then return false end
  wait(id, account, row, { step = row.step + 1, job = '1s' .. int(math.floor(now / MINUTE_MS)), at = sequence.clock(id) })
  return true
end

-- A job of a person ended: they wait for the next step, or for another try of this one. Answers whether they do; else they are at their end.
-- s: row, seed, status, code, touched_at (when this step wrote to them, where it did), sign (of a look: see the settlement).
function sequence.move(id, account, s)
  local c = call('HMGET', keys.campaign(id), 'steps', 'state', 'stopOnReply')
  local steps, row = sequence.steps(c[1]), sequence.read_row(s.row)
  if not sequence.is_look(row) then call('HINCRBY', keys.campaign(id), 'step:' .. int(row.step) .. ':' .. s.status, 1) end
  -- The feeder that put this job into its queue may have died before it took the person out of the line.
  if account and (row.step > 1 or row.attempt > 1) then
    sequence.drop(id, { step = row.step, account = account, shard = row.shard, member = member_of(row, account, row.job) })
  end
  if not steps or not account or c[2] == 'cancelled' or c[2] == 'ended' then return false end
  row.touch = math.max(row.touch, num(s.touched_at))
  s.steps = steps
  if sequence.is_look(row) then return looked(id, account, row, s) end
  local asks = steps[row.step] and steps[row.step].asks
  if asks and s.status == 'cancelled' and s.code == 'expired' then return look_again(id, account, row, 0) end
  if s.status == 'failed' and NOT_SENT[s.code] and row.attempt < MOST_TRIES then
    if asks then return look_again(id, account, row, TRY_MS) end
    wait(id, account, row, { step = row.step, job = int(row.attempt + 1), at = sequence.clock(id) + TRY_MS })
    return true
  end
  if not (s.status == 'succeeded' or passes(steps[row.step], s, c[3])) then return false end
  -- Who accepted is not for the other branch.
  local next_step = asks == 'accepted' and behind_others(steps, row.step + 1) or row.step + 1
  return enter(id, account, row, { steps = steps, step = next_step, seed = s.seed .. s.row })
end

-- Nobody waits any more, and the rows of those who did go.
function sequence.forget(id)
  local steps = sequence.steps(call('HGET', keys.campaign(id), 'steps'))
  for step = 1, steps and #steps or 0 do
    for _, account in ipairs(call('ZRANGE', keys.waits(id, step), 0, -1)) do
      for _, shard in ipairs(call('ZRANGE', keys.wait_shards(id, step, account), 0, -1)) do call('UNLINK', keys.wait_shard(id, step, account, shard)) end
      call('UNLINK', keys.wait_shards(id, step, account))
    end
    call('UNLINK', keys.waits(id, step))
  end
  if steps then call('UNLINK', keys.step_rows(id)) end
end

return sequence
