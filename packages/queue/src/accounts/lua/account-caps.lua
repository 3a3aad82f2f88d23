-- The use of an account's caps, when its hours open, and calls that were made by hand.
-- needs: account_rules, caps, hours, window, state_loss, invites
script('account_rules_use', {
  flags = { 'no-writes' },
  state = { 'careful', 'uncountedUntil' },
  run = function(a)
    local v = call('HMGET', keys.account(a.account), unpack(account_rules.FIELDS))
    local account = account_rules.read(v, 1)
    local list, times = {}, hours.of(account.hours)
    local opens_at = times and hours.open_at(times, now) or now
    for scope, of_scope in pairs(account_rules.caps_of(account) or {}) do
      for _, cap in ipairs(of_scope) do
        local free_at = caps.has_place_at(a.account, scope, cap)
        table.insert(list, { scope = scope, most = cap[1], windowMs = cap[2], used = window.slides_count(keys.booked(a.account, scope), cap[2]),
          isKnown = state_loss.known_again_at(cap[2]) <= now, freeAtMs = free_at > now and free_at or 0 })
      end
    end
    local bounds = account.invites and invites.of(account)
    if bounds and bounds.at then bounds.pending = invites.pending(a.account, bounds) end
    return cjson.encode({ caps = list, bounds = bounds or nil, opensAtMs = opens_at > now and opens_at or 0, isCareful = api_key.get('careful') and true or false })
  end,
})

-- They count whatever the caps are, as they were made. The same name books them once. Answers 0 for an account that is not there.
script('account_sent', {
  run = function(a)
    tick()
    local v = call('HMGET', keys.account(a.account), 'state', 'tended')
    if not v[1] then return 0 end
    local tended = v[2]
    for nth = 1, a.count do
      tended = caps.book(a.account, { scopes = a.scopes, call = 'hand:' .. a.name .. ':' .. nth, at = math.min(a.atMs or now, now), tended = tended })
    end
    return 1
  end,
})
