-- The times at which accounts with hours are open, written ahead.
-- needs: account_rules
-- Of accounts, in one look.
local MOST = 100

-- The accounts of whose hours less is written than so far ahead, or the one that is named, each with its policy.
script('account_hours_due', {
  flags = { 'no-writes' },
  run = function(a)
    local due = { nowMs = now, accounts = {} }
    local ids = a.account and { a.account } or call('ZRANGEBYSCORE', keys.hours, '-inf', int(now + a.aheadMs), 'LIMIT', 0, MOST)
    for _, id in ipairs(ids) do
      local policy = call('HGET', keys.account(id), 'policy')
      if policy then table.insert(due.accounts, { id = id, policy = policy }) end
    end
    return cjson.encode(due)
  end,
})

-- Writes the times that were made of a policy, unless the account has another one by now. Answers whether it did.
script('account_hours', {
  run = function(a)
    if call('HGET', keys.account(a.account), 'policy') ~= a.policy then return 0 end
    call('HSET', keys.account(a.account), 'hours', cjson.encode({ till = a.tillMs, open = a.open }))
    call('ZADD', keys.hours, int(a.tillMs), a.account)
    account_rules.look_at_all(a.account)
    return 1
  end,
})
