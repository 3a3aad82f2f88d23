-- Places behind which no live job stands: somebody edited, moved, finished or removed a job in BullMQ past us. The sweep goes from holder to holder,
-- accounts with their lanes, campaigns, brakes, a bounded batch at a time, and comes round again and again; so no place is lost for good.
-- needs: bullmq, job_entry, lanes
local places = {}
-- Names of holders are read so many at a time.
local MOST_NAMES = 100
-- The kinds of holders in their turn.
local NEXT_KIND = { accounts = 'campaigns', campaigns = 'brakes', brakes = 'accounts' }

local function entry_of(digest)
  local v = call('HMGET', keys.job(digest), 'state', 'queue', 'id', 'account', 'op')
  return { state = v[1], queue = v[2], id = v[3], account = v[4], op = v[5] }
end

-- A job that waits for somebody to call it, and that nobody will run again: the sweep writes its outcome. Answers whether it is one.
local function lost(digest, entry)
  if entry.queue == 'auth' or not entry.queue or not bullmq.is_over(entry.queue, entry.id) then return false end
  job_entry.mark_lost(digest)
  return true
end

-- Calls that are out, and places that were handed over. Answers how many were looked at.
local function look_at_account(id)
  local looked, dropped = 0, false
  for _, digest in ipairs(call('SMEMBERS', keys.in_flight(id))) do
    local entry = entry_of(digest)
    looked = looked + 1
    if entry.state ~= 'open' or entry.account ~= id then
      call('SREM', keys.in_flight(id), digest)
      dropped = true
    end
  end
  for _, digest in ipairs(call('SMEMBERS', keys.places_handed(id))) do
    local entry = entry_of(digest)
    looked = looked + 1
    if entry.state ~= 'released' or entry.account ~= id then
      call('SREM', keys.places_handed(id), digest)
      dropped = true
    else
      -- Who looks whether it came.
      call('ZADD', keys.released, 'NX', now, digest)
    end
  end
  if dropped or call('ZCARD', keys.lane(id)) > 0 then lanes.hand_out_places(id) end
  return looked
end

-- The members of a sorted set of those that wait, from a rank on. `check` answers whether a member stays. Answers how many were looked at, and the
-- rank to go on at; nil when it was the end.
local function look_at_members(key, from, room, check)
  local members = call('ZRANGE', key, from, from + room - 1)
  local stay = 0
  for _, member in ipairs(members) do
    if check(member) then stay = stay + 1 else call('ZREM', key, member) end
  end
  return #members, #members == room and from + stay or nil
end

-- Checks that a member's job waits in this state, and at this holder by the field of its entry that names it.
local function waits_as(state, field, holder)
  return function(member)
    local digest = job_entry.digest_of(member)
    local entry = entry_of(digest)
    return entry.state == state and entry[field] == holder and not lost(digest, entry)
  end
end

local function in_held(digest)
  local entry = entry_of(digest)
  return (entry.state == 'held' or entry.state == 'braked') and not lost(digest, entry)
end

-- The jobs that wait at a holder, and which of them stay.
local LINES = {
  accounts = function(id) return keys.lane(id), waits_as('parked', 'account', id) end,
  campaigns = function(id) return keys.held(id), in_held end,
  brakes = function(op) return keys.braked(op), waits_as('braked', 'op', op) end,
}

-- The holders that follow in the order of names, at most `most`; none behind the last.
local function holders_after(kind, name, most)
  if kind ~= 'brakes' then
    local all = kind == 'accounts' and keys.accounts or keys.campaigns
    return call('ZRANGE', all, name == '' and '-' or '(' .. name, '+', 'BYLEX', 'LIMIT', '0', int(most))
  end
  local following = {}
  for _, op in ipairs(call('ZRANGE', keys.brakes, '0', '-1')) do
    if op > name then following[#following + 1] = op end
  end
  table.sort(following)
  return following
end

-- Looks at one holder from a rank of its line on. Answers how many jobs were looked at, and the rank to go on at; nil when it was the end.
local function look_at_holder(kind, name, rank, room)
  local looked = 0
  if kind == 'accounts' and rank == 0 then
    if lanes.is_idle(name) then return 0, nil end
    looked = look_at_account(name)
  end
  local key, check = LINES[kind](name)
  local more, at = look_at_members(key, rank, math.max(room - looked, 1), check)
  return looked + more, at
end

-- Goes on where the last sweep stopped; looks at about `most` jobs and holders.
function places.sweep(most)
  local v = call('HMGET', keys.places_cursor, 'kind', 'holder', 'rank')
  local kind, holder, rank = v[1] or 'accounts', v[2] or '', num(v[3])
  local room, turned = most, 0
  while room > 0 and turned < 3 do
    local names = rank > 0 and { holder } or holders_after(kind, holder, math.min(room, MOST_NAMES))
    if #names == 0 then kind, holder, turned = NEXT_KIND[kind], '', turned + 1 end
    for _, name in ipairs(names) do
      local looked, at = look_at_holder(kind, name, rank, room)
      room = room - looked - 1
      holder, rank = name, at or 0
      if room <= 0 or at then break end
    end
  end
  call('HSET', keys.places_cursor, 'kind', kind, 'holder', holder, 'rank', rank)
end

return places
