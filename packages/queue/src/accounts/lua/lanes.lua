-- Who may call for an account, and in what order: jobs in flight, jobs that were handed a place, and the lane of those that wait.
-- A lane's scores are 0, and for a job that waits for a rest when that is over.
-- needs: bullmq, job_entry, rests
local lanes = {}
-- So many jobs of a lane are found to rest in one look.
local MOST_RESTING = 500
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

-- Jobs that wait for a rest to be over at this moment stand in the lane as they would have without it.
function lanes.line_up(account_id, till)
  for _, member in ipairs(call('ZRANGEBYSCORE', keys.lane(account_id), till, till)) do call('ZADD', keys.lane(account_id), 0, member) end
end

-- Whether a job would find others before it.
function lanes.has_waiting(account_id) return call('ZCOUNT', keys.lane(account_id), '-inf', now) > 0 end

-- The account's state, max and rests, as handing out places needs them.
function lanes.read_account(account_id)
  local read = call('HMGET', keys.account(account_id), 'state', 'max', 'rests')
  return { state = read[1], max = num(read[2]), rests = read[3] }
end

-- Hands free places of an account to the first jobs of its lane whose family does not rest. `account`: as `read_account`, where it was read.
-- Returns how many were handed out, and whether there is more to look at.
function lanes.hand_out_places(account_id, account)
  if SHORT_WAYS and call('ZCARD', keys.lane(account_id)) == 0 then return 0 end
  account = account or lanes.read_account(account_id)
  if account.state ~= 'active' then return 0 end
  local max = account.max > 0 and account.max or num(api_key.get('accountMax'))
  local free = math.max(max, 1) - call('SCARD', keys.in_flight(account_id)) - call('SCARD', keys.places_handed(account_id))
  local handed, looked = 0, 0
  while free > 0 do
    if looked == MOST_RESTING then return handed, true end
    local popped = call('ZPOPMIN', keys.lane(account_id))
    if not popped[1] then break end
    -- The jobs behind it rest, too.
    if num(popped[2]) > now then
      call('ZADD', keys.lane(account_id), popped[2], popped[1])
      break
    end
    local digest = job_entry.digest_of(popped[1])
    local entry = call('HMGET', keys.job(digest), 'state', 'queue', 'id', 'account', 'scopes')
    -- A job that was edited in BullMQ may be another account's by now, and wait in that one's lane.
    local waits = entry[1] == 'parked' and entry[4] == account_id
    local till = waits and rests.till(account.rests, entry[5])
    if till then
      call('ZADD', keys.lane(account_id), till, popped[1])
      looked = looked + 1
    elseif waits then
      if not bullmq.is_over(entry[2], entry[3]) then
        call('SADD', keys.places_handed(account_id), digest)
        lanes.send_back(digest)
        free = free - 1
        handed = handed + 1
      else
        job_entry.mark_lost(digest)
      end
    end
  end
  return handed, false
end

-- The job no longer holds or waits for a place of its account.
function lanes.leave(account_id, digest, member)
  call('SREM', keys.in_flight(account_id), digest)
  call('SREM', keys.places_handed(account_id), digest)
  call('ZREM', keys.released, digest)
  if member then call('ZREM', keys.lane(account_id), member) end
end

return lanes
