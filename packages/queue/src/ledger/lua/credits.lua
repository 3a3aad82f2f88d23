-- Credits by UTC day: what was charged, may have been, was wasted, was spent on doing again, and what is out with open grants.
-- needs: nothing
local credits = {}
local KEPT_SECONDS = 400 * 86400
-- Thousands of accounts are too many for each of these days.
local ACCOUNTS_KEPT_SECONDS = 100 * 86400

-- Adds to a day's sum, and to those of the operation, the campaign and the account.
function credits.add(day, field, of, amount)
  if amount == 0 then return end
  local key = keys.credits(int(day))
  amount = int(amount)
  call('HINCRBY', key, field, amount)
  if of.operation then call('HINCRBY', key, field .. '|op|' .. of.operation, amount) end
  if of.campaign and of.campaign ~= '' then call('HINCRBY', key, field .. '|campaign|' .. of.campaign, amount) end
  if of.account and of.account ~= '' then call('HINCRBY', keys.account_credits(int(day)), field .. '|' .. of.account, amount) end
end

-- Counts a call that left, whatever it cost.
function credits.call_left(day, account)
  if account and account ~= '' then call('HINCRBY', keys.account_credits(int(day)), 'calls|' .. account, 1) end
end

-- Once a day, as every call would else pay for it: with the first of an account's, as there are no sums of accounts before.
function credits.keep(day)
  if num(api_key.get('summedDay')) == day then return end
  local accounts = call('EXPIRE', keys.account_credits(int(day)), ACCOUNTS_KEPT_SECONDS)
  if call('EXPIRE', keys.credits(int(day)), KEPT_SECONDS) == 1 and accounts == 1 then api_key.put('summedDay', day) end
end

-- Adds to what was wasted, also by its cause: the code of an outcome, or a log-in's own word. No cause: an earlier version did not note it.
function credits.waste(day, amount, of, cause)
  if amount == 0 then return end
  credits.add(day, 'wasted', of, amount)
  if cause then call('HINCRBY', keys.account_credits(int(day)), 'cause|' .. cause, int(amount)) end
  credits.keep(day)
end

-- The cause of a call that is wasted should its job end by it. Log-ins alone have no code.
function credits.cause_of(a)
  return a.code or a.exhaustedCode or (a.queue == 'auth' and 'login_failed') or 'interrupted'
end

-- The credits of a grant are out until it ends. `campaign`: its id, where it has a record.
function credits.reserve(price, campaign)
  call('HINCRBY', keys.credits(int(today)), 'held', price)
  if campaign then call('HINCRBY', keys.campaign(campaign), 'held', price) end
end

-- The credits of an open grant are not out any more. `entry`: the fields of its job.
function credits.release(entry)
  if num(entry.held) == 0 then return end
  local back = int(-num(entry.held))
  call('HINCRBY', keys.credits(entry.heldDay or '0'), 'held', back)
  if entry.campaign and call('EXISTS', keys.campaign(entry.campaign)) == 1 then
    call('HINCRBY', keys.campaign(entry.campaign), 'held', back)
  end
end

return credits
