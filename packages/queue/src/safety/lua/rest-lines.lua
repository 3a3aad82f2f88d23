-- The jobs that wait for a rest of their account, see rests.lua: how they come back when it is over, and how rests are told. For the scripts that
-- look now and then; no call waits for them.
-- needs: lanes, rests
local rest_lines = {}
-- An account that worked no more since its rest is looked at so often, ms.
local LOOK_MS = 60000
-- So many rests are told at most.
local MOST_TOLD = 1000

-- Jobs whose rest is over stand in their account's lane as they would have without it. Answers whether there are more.
local function line_up(account_id, most)
  local over = call('ZRANGEBYSCORE', keys.lane(account_id), '(0', now, 'LIMIT', 0, most)
  for _, member in ipairs(over) do call('ZADD', keys.lane(account_id), 0, member) end
  return #over == most
end

-- Answers the rests that are over, for people; told once.
function rest_lines.sweep(most)
  local told = {}
  for _, account_id in ipairs(call('ZRANGEBYSCORE', keys.rests, '-inf', now, 'LIMIT', 0, most)) do
    local account = lanes.read_account(account_id)
    local all = rests.read(account.rests)
    if not next(all) then
      -- A success took the ladder away; what still waits does so for nothing.
      if not line_up(account_id, most) then call('ZREM', keys.rests, account_id) end
      lanes.hand_out_places(account_id, account)
    else
      local over = rests.just_over(account_id, all)
      if #over > 0 then call('HSET', keys.account(account_id), 'rests', cjson.encode(all)) end
      for _, event in ipairs(over) do table.insert(told, event) end
      local next_look = now + LOOK_MS
      for _, rest in pairs(all) do
        if rest.till > now then next_look = math.min(next_look, rest.till) end
      end
      local more = line_up(account_id, most)
      local _, more_resting = lanes.hand_out_places(account_id, account)
      call('ZADD', keys.rests, (more or more_resting) and now or next_look, account_id)
    end
  end
  return told
end

-- How many jobs wait for a moment in the lane; each waits for one rest, told by when that is over.
local function waiting(account_id, rest) return call('ZCOUNT', keys.lane(account_id), rest.till, rest.till) end

-- For people.
function rest_lines.list()
  local list = {}
  for _, account_id in ipairs(call('ZRANGE', keys.rests, 0, MOST_TOLD - 1)) do
    for scope, rest in pairs(rests.read(call('HGET', keys.account(account_id), 'rests'))) do
      if rest.till > now and #list < MOST_TOLD then
        local count = scope == 'account' and call('ZCARD', keys.lane(account_id)) or waiting(account_id, rest)
        table.insert(list, { account = account_id, scope = scope, cause = rest.cause, sinceMs = rest.since, untilMs = rest.till, waiting = count })
      end
    end
  end
  return #list == 0 and '[]' or cjson.encode(list)
end

return rest_lines
