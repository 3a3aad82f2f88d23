-- Recipients that are not fed are dealt anew over other accounts (decision 53): laid out beside the list first, batch by batch, then taken by the edit
-- in one step, or not at all.
-- needs: sequence
local campaign_deal = {}

-- Whether the list is as it was when `deal` was made of it, and all of the deal is there.
function campaign_deal.fits(id, deal)
  if num(call('HGET', keys.campaign(id), 'erased')) ~= deal.erased then return false end
  for _, from in ipairs(deal.from) do
    local c = call('HMGET', keys.campaign(id), 'chunk:' .. from.account, 'at:' .. from.account)
    if num(c[1]) ~= from.chunk or num(c[2]) ~= from.at then return false end
  end
  for _, share in ipairs(deal.shares) do
    if call('LLEN', keys.dealt(id, deal.name, share.account)) ~= share.chunks then return false end
  end
  return true
end

function campaign_deal.drop(id, deal)
  for _, share in ipairs(deal.shares) do call('UNLINK', keys.dealt(id, deal.name, share.account)) end
end

local function has_jobs(id, account)
  for _, digest in ipairs(call('SUNION', keys.ahead(account), keys.aside(account))) do
    if call('HGET', keys.job(digest), 'campaign') == id then return true end
  end
  return false
end

-- Accounts that are none of it any more keep the jobs that they have.
local function keep_former(id, accounts)
  local c = call('HMGET', keys.campaign(id), 'accounts', 'formerAccounts')
  local is_now, former = {}, {}
  for _, account in ipairs(cjson.decode(accounts)) do is_now[account] = true end
  for _, text in ipairs({ c[1], c[2] or '[]' }) do
    for _, account in ipairs(cjson.decode(text)) do
      if not is_now[account] and (has_jobs(id, account) or sequence.has_waits(id, account)) then table.insert(former, account) end
    end
  end
  if #former > 0 then call('HSET', keys.campaign(id), 'formerAccounts', cjson.encode(former))
  else call('HDEL', keys.campaign(id), 'formerAccounts') end
end

-- The deal becomes the list. accounts: a JSON list.
function campaign_deal.take(id, deal, accounts)
  local key = keys.campaign(id)
  keep_former(id, accounts)
  for _, from in ipairs(deal.from) do
    local place = call('HMGET', key, 'at:' .. from.account, 'chunk:' .. from.account, 'steps')
    -- In a sequence those who were fed of its first chunk are read again.
    if place[3] and num(place[1]) > 0 then
      call('HSET', keys.step_rows(id), int(num(place[2])) .. '|' .. from.account, call('LINDEX', keys.todo(id, from.account), 0))
      call('HINCRBY', key, 'base:' .. from.account, place[1])
    end
    -- No chunk has a number again that a feeder may have read: its step would move this cursor.
    call('HINCRBY', key, 'chunk:' .. from.account, call('LLEN', keys.todo(id, from.account)) + 1)
    call('HSET', key, 'at:' .. from.account, 0)
    call('HDEL', key, 'left:' .. from.account)
    call('UNLINK', keys.todo(id, from.account))
  end
  local total = 0
  for _, share in ipairs(deal.shares) do
    call('RENAME', keys.dealt(id, deal.name, share.account), keys.todo(id, share.account))
    call('PERSIST', keys.todo(id, share.account))
    call('HSET', key, 'left:' .. share.account, share.count)
    total = total + share.count
  end
  -- Rows of people who were erased are passed over, as the feeder does.
  call('HINCRBY', key, 'fed', deal.passed)
  call('HSET', key, 'accounts', accounts, 'dealtFrom', num(call('HGET', key, 'accepted')) - total)
end

return campaign_deal
