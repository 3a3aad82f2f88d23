-- An account's change by a person or by the API: the event, then the account as it is now.
-- needs: account_life, events
script('account_event', {
  run = function(a)
    tick()
    local said = account_life.happen(a.account, a.event)
    events.hand_over_changes(a.event.changes or {}, a.outcomeDays)
    local v = call('HMGET', keys.account(a.account), 'epoch', 'try')
    return { 'said', said, 'epoch', v[1] or '0', 'turn', v[2] or '0' }
  end,
})
