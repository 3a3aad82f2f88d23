-- What the one feeder may put into the queues now: running campaigns in the order of their turns, with what is ahead for each account.
-- Holds the feeder's lock; another process that asks meanwhile gets nothing.
tick()
local owner = call('GET', P .. 'feeding')
if owner and owner ~= a.feeder then return cjson.encode({ kind = 'elsewhere' }) end
call('SET', P .. 'feeding', a.feeder, 'PX', a.lockMs)
local plan = { kind = 'plan', campaigns = {}, ahead = {}, away = {}, now = now }
local accounts = {}
local listed = call('ZRANGE', RUNNING, 0, a.mostCampaigns - 1, 'WITHSCORES')
for i = 1, #listed, 2 do
  local id = listed[i]
  local c = call('HMGET', CAMPAIGN(id), 'state', 'definition', 'accounts', 'weight', 'startAt')
  if c[1] == 'scheduled' and num(c[5]) <= now then set_campaign(id, 'running', '') c[1] = 'running' end
  if c[1] == 'running' then
    local todo = {}
    for _, account in ipairs(cjson.decode(c[3])) do
      accounts[account] = true
      local left = call('LLEN', P .. 'todo:' .. id .. ':' .. account)
      if left > 0 then
        local place = call('HMGET', CAMPAIGN(id), 'chunk:' .. account, 'at:' .. account)
        todo[account] = { chunk = num(place[1]), at = num(place[2]) }
       end
    end
    table.insert(plan.campaigns, { id = id, definition = c[2], weight = num(c[4]), turn = num(listed[i + 1]), todo = todo })
  end
end
for account, _ in pairs(accounts) do
  plan.ahead[account] = call('SCARD', AHEAD(account))
  local state = call('HGET', ACCOUNT(account), 'state')
  if state ~= 'active' and state ~= 'refreshing' then plan.away[account] = state or 'gone' end
end
return cjson.encode(plan)
