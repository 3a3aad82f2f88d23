-- Who may call for an account, and in what order: jobs in flight, jobs that were handed a place, and the lane of those that wait.
-- A lane's scores are 0; for a job that waits for a rest when that is over; and for one that waits for a rule of its account a number of that rule's line, which is
-- behind all moments (account-rules.lua).
-- needs: bullmq, job_entry, rests, account_rules
local lanes = {}
-- The priority of urgent jobs in their entries.
local URGENT = '1'
-- So many jobs of a lane are found to rest, or to go one at a time, in one look.
local MOST_PASSED_OVER = 500
-- A turn costs as many moves.
local MOST_AHEAD = 1000
-- Accounts with jobs ahead are looked at again after this.
lanes.AHEAD_LOOK_MS = 30000

-- How many accounts are at work: those with a grant within the last window.
local function accounts_at_work()
  call('ZREMRANGEBYSCORE', keys.served, '-inf', now - num(api_key.get('window')))
  return math.min(call('ZCARD', keys.served), MOST_AHEAD)
end

-- Puts a delayed job back into its queue. Returns 1 when it moved.
function lanes.promote_job(digest)
  local entry = call('HMGET', keys.job(digest), 'queue', 'id', 'priority')
  if not entry[1] then return 0 end
  local priority = num(entry[3])
  return bullmq.promote(entry[1], entry[2], priority, priority == 1 and 0 or accounts_at_work())
end

-- A job that was held goes back to its queue; the sweep looks whether it came.
function lanes.send_back(digest)
  call('HSET', keys.job(digest), 'state', 'released')
  call('ZADD', keys.released, now, digest)
  return lanes.promote_job(digest)
end

-- A job of a campaign is in its queue, or comes back to it.
function lanes.put_ahead(account_id, digest)
  call('SADD', keys.ahead(account_id), digest)
  call('ZADD', keys.ahead_looks, 'NX', now + lanes.AHEAD_LOOK_MS, account_id)
end

-- A job of a campaign that waits for a rest or a cap gives its place among those ahead to campaigns whose family may go on.
function lanes.put_aside(account_id, digest)
  if call('SREM', keys.ahead(account_id), digest) == 0 then return end
  call('SADD', keys.aside(account_id), digest)
  call('HSET', keys.job(digest), 'aside', '1')
end

-- Jobs that wait for a rest to be over at this moment stand in the lane as they would have without it.
function lanes.line_up(account_id, till)
  for _, member in ipairs(call('ZRANGEBYSCORE', keys.lane(account_id), till, till)) do call('ZADD', keys.lane(account_id), 0, member) end
end

-- Whether no job of an account is in flight, was handed a place or waits.
function lanes.is_idle(account_id)
  return call('EXISTS', keys.in_flight(account_id), keys.places_handed(account_id), keys.lane(account_id)) == 0
end

-- Whether a job would find others before it.
function lanes.has_waiting(account_id) return call('ZCOUNT', keys.lane(account_id), '-inf', now_text) > 0 end

-- The account's state, max, rests, refusals and what its rules are made of, as handing out places needs them.
function lanes.read_account(account_id)
  local read = call('HMGET', keys.account(account_id), 'state', 'max', 'rests', 'refusals', unpack(account_rules.FIELDS))
  local account = account_rules.read(read, 5)
  account.state, account.max, account.rests, account.refusals = read[1], num(read[2]), read[3], read[4]
  return account
end

local function operation_of(scopes) return string.match(scopes or '', '^[^,]+') end

local function has_call_of(set, operation)
  for _, digest in ipairs(call('SMEMBERS', set)) do
    if operation_of(call('HGET', keys.job(digest), 'scopes')) == operation then return true end
  end
  return false
end

-- While a refusal stands that may be the account's, calls of that operation leave one at a time: as many as are out together are spent before the
-- third says whose it is. Whether one is out.
function lanes.goes_alone(account_id, refusals, operation)
  return rests.is_in_question(refusals, operation) and has_call_of(keys.in_flight(account_id), operation)
end

-- The operations of which no further job is handed a place, as one is out or on its way; each is looked at once.
local function looker_for_alone(account_id, refusals)
  local known = {}
  return {
    is_taken = function(operation)
      if known[operation] == nil then
        known[operation] = lanes.goes_alone(account_id, refusals, operation)
          or (rests.is_in_question(refusals, operation) and has_call_of(keys.places_handed(account_id), operation))
      end
      return known[operation]
    end,
    take = function(operation) known[operation] = rests.is_in_question(refusals, operation) end,
  }
end

-- Where in the lane a job waits for a rest or a rule; nil for one that may go. The rules are asked once for all jobs of the same scopes that go by the same rules.
-- q: scopes, urgent, campaign.
local function looker_for_aside(account_id, account)
  local held, known = account_rules.of(account), {}
  local function ruled(q, bound, scopes)
    local name = (bound == held and '' or 'urgent ') .. q.scopes
    if known[name] ~= nil then return known[name] end
    local till, line = account_rules.free_at(account_id, bound, scopes)
    if till then account_rules.await(account_id, bound, { line = line, till = till }) end
    known[name] = till and account_rules.score(line) or false
    return known[name]
  end
  return function(q)
    if not q.scopes then return nil end
    local bound = held and account_rules.of_job(held, q)
    local scopes = account_rules.scopes_of(account_id, { scopes = q.scopes, note = account.note, rests = account.rests, caps = bound and bound.caps })
    return rests.till(account.rests, scopes) or (held and ruled(q, bound, scopes)) or nil
  end
end

-- Hands `free` places to the first jobs of a lane that may go. Returns how many were handed out, whether there is more to look at, and the names and
-- scores of those that stand in the lane as before.
local function hand_out(account_id, account, free)
  local handed, looked, passed_over = 0, 0, {}
  local alone = looker_for_alone(account_id, account.refusals)
  local waits_aside = looker_for_aside(account_id, account)
  while free > 0 do
    if looked == MOST_PASSED_OVER then return handed, true, passed_over end
    local popped = call('ZPOPMIN', keys.lane(account_id))
    if not popped[1] then break end
    -- The jobs behind it wait for rests and caps, too.
    if num(popped[2]) > now then
      call('ZADD', keys.lane(account_id), popped[2], popped[1])
      break
    end
    local digest = job_entry.digest_of(popped[1])
    local entry = call('HMGET', keys.job(digest), 'state', 'queue', 'id', 'account', 'scopes', 'priority', 'campaign')
    -- A job that was edited in BullMQ may be another account's by now, and wait in that one's lane.
    local waits = entry[1] == 'parked' and entry[4] == account_id
    local aside = waits and waits_aside({ scopes = entry[5], urgent = entry[6] == URGENT, campaign = entry[7] })
    local operation = waits and operation_of(entry[5])
    if aside then
      call('ZADD', keys.lane(account_id), int(aside), popped[1])
      lanes.put_aside(account_id, digest)
      looked = looked + 1
    elseif operation and alone.is_taken(operation) then
      table.insert(passed_over, { popped[2], popped[1] })
      looked = looked + 1
    elseif waits then
      if not bullmq.is_over(entry[2], entry[3]) then
        if operation then alone.take(operation) end
        call('SADD', keys.places_handed(account_id), digest)
        lanes.send_back(digest)
        free = free - 1
        handed = handed + 1
      else
        job_entry.mark_lost(digest)
      end
    end
  end
  return handed, false, passed_over
end

-- Urgent jobs of no campaign that wait at a score stand in line for a place again, the first `most` of them. Members of a lane stand in the order of their priority. Returns how many there were.
function lanes.line_up_urgent(account_id, score, most)
  local found = 0
  for _, member in ipairs(call('ZRANGEBYSCORE', keys.lane(account_id), score, score, 'LIMIT', 0, MOST_PASSED_OVER)) do
    local entry = call('HMGET', keys.job(job_entry.digest_of(member)), 'priority', 'campaign')
    if entry[1] ~= URGENT or found == most then break end
    if not entry[2] then
      call('ZADD', keys.lane(account_id), 0, member)
      found = found + 1
    end
  end
  return found
end

-- Hands free places of an account to the first jobs of its lane whose family may go on. `account`: as `read_account`, where it was read.
-- Returns how many were handed out, and whether there is more to look at.
function lanes.hand_out_places(account_id, account)
  if SHORT_WAYS and call('ZCARD', keys.lane(account_id)) == 0 then return 0 end
  account = account or lanes.read_account(account_id)
  if account.state ~= 'active' then return 0 end
  local max = account.max > 0 and account.max or num(api_key.get('accountMax'))
  local free = math.max(max, 1) - call('SCARD', keys.in_flight(account_id)) - call('SCARD', keys.places_handed(account_id))
  local handed, more, passed_over = hand_out(account_id, account, free)
  -- Not sooner: they would be the first again.
  for _, one in ipairs(passed_over) do call('ZADD', keys.lane(account_id), one[1], one[2]) end
  return handed, more
end

-- The job no longer holds or waits for a place of its account.
function lanes.leave(account_id, digest, member)
  call('SREM', keys.in_flight(account_id), digest)
  call('SREM', keys.places_handed(account_id), digest)
  call('ZREM', keys.released, digest)
  if member then call('ZREM', keys.lane(account_id), member) end
end

return lanes
