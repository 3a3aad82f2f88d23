-- What the one feeder may put into the queues now: running campaigns in the order of their turns, with what is ahead for each account.
-- Holds the feeder's lock; another process that asks meanwhile gets nothing. Also hands out the news that nobody told yet.
tick()
local owner = call('GET', P .. 'feeding')
if owner and owner ~= a.feeder then return cjson.encode({ kind = 'elsewhere' }) end
call('SET', P .. 'feeding', a.feeder, 'PX', a.lockMs)

for _, id in ipairs(call('ZRANGEBYSCORE', SCHEDULED, '-inf', now, 'LIMIT', 0, 100)) do
  set_campaign(id, 'running', '')
  release_held(id)
  end_if_done(id)
end

local virtual = num(call('GET', TURN))
local plan = { kind = 'plan', campaigns = {}, ahead = {}, away = {}, news = {}, now = now, turn = virtual }
-- Whether an account can't work now. One that is gone can: its jobs end at once, free, and say so.
local states = {}
local function away(account)
  if states[account] == nil then
    local state = call('HGET', ACCOUNT(account), 'state')
    states[account] = state or 'gone'
    plan.ahead[account] = call('SCARD', AHEAD(account))
    if state ~= 'active' and state ~= 'refreshing' then plan.away[account] = states[account] end
  end
  return states[account] ~= 'active' and states[account] ~= 'refreshing'
end

local listed = call('ZRANGE', RUNNING, 0, a.mostCampaigns - 1, 'WITHSCORES')
for i = 1, #listed, 2 do
  local id = listed[i]
  local c = call('HMGET', CAMPAIGN(id), 'state', 'definition', 'accounts', 'weight', 'handover', 'expiresAt', 'stalled', 'fed', 'ended', 'erased')
  local handover = c[5] == '1'
  if c[1] ~= 'running' then
    call('ZREM', RUNNING, id)
  elseif num(c[6]) > 0 and num(c[6]) <= now then
    set_campaign(id, 'ended', 'expired')
    drop_unsent(id)
  else
    local todo, has_todo, movable, present, ahead_away = {}, false, false, false, 0
    local accounts = cjson.decode(c[3])
    for _, account in ipairs(accounts) do
      local works = not away(account)
      if works then present = true else ahead_away = ahead_away + plan.ahead[account] end
      if call('EXISTS', TODO(id, account)) == 1 then
        local place = call('HMGET', CAMPAIGN(id), 'chunk:' .. account, 'at:' .. account)
        todo[account] = { chunk = num(place[1]), at = num(place[2]) }
        has_todo = true
        if works or (states[account] == 'gone' and not handover) then movable = true end
      end
    end
    -- All was fed: it waits for those that are ahead, whose accounts may be any of its own.
    if not has_todo or handover then movable = movable or present end
    if not has_todo and not movable then
      for _, account in ipairs(accounts) do if states[account] == 'gone' then movable = true end end
    end
    -- Some of what is ahead of it is with accounts that work.
    local moves = movable or num(c[8]) - num(c[9]) > ahead_away
    if moves == (c[7] == '1') then
      if moves then call('HDEL', CAMPAIGN(id), 'stalled') else call('HSET', CAMPAIGN(id), 'stalled', '1') end
      tell(id, moves and 'moving' or 'stalled', moves and '' or 'accounts_away')
    end
    local turn = num(listed[i + 1])
    -- Who can't use its turns doesn't save them up.
    if (not movable or not has_todo) and turn < virtual then call('ZADD', RUNNING, virtual, id) end
    if has_todo then
      table.insert(plan.campaigns, { id = id, definition = c[2], weight = num(c[4]), turn = turn, erased = num(c[10]), todo = todo })
    end
  end
end

while true do
  local head = call('LINDEX', NEWS, 0)
  if not head or cjson.decode(head).seq > a.told then break end
  call('LPOP', NEWS)
end
for _, one in ipairs(call('LRANGE', NEWS, 0, 99)) do table.insert(plan.news, cjson.decode(one)) end
return cjson.encode(plan)
