-- An account's change by a person or by the API: the event, then the account as it is now.
-- needs: account_life, events
script('account_event', {
  state = { 'accountMax', 'careful', 'uncountedUntil' },
  run = function(a)
    tick()
    local said = account_life.happen(a.account, a.event)
    local changed = a.event.changes or {}
    events.hand_over_changes(changed, a.outcomeDays)
    local v = call('HMGET', keys.account(a.account), 'epoch', 'try')
    return { 'said', said, 'epoch', v[1] or '0', 'turn', v[2] or '0',
      'changed', #changed > 0 and cjson.encode(changed) or '[]' }
  end,
})
