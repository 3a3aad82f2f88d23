-- The operation: the service itself refuses it, and its jobs wait in a line of their own, where they hold up nobody.
-- needs: asking, record, lanes, brakes
return function(ask)
  local a, job = ask.a, ask.job
  local lets, brake = brakes.lets({ op = a.operation, target = a.target, call = a.callId, chosen = ask.known and job.is.chosen == '1',
    key_stopped = api_key.get('state') == 'stopped' and api_key.get('reason') ~= 'by_hand' })
  ask.brake = brake
  if lets then return nil end
  record.put(job, { op = a.operation, target = a.target, chosen = false })
  call('ZREM', keys.waiting, ask.digest)
  brakes.line_up(a.operation, a.member, a.target)
  if ask.campaign then
    -- Cancelling finds it there; and it takes no account's place in the queues from the other campaigns.
    record.put(job, { campaign = a.campaign })
    call('ZADD', keys.held(a.campaign), now, ask.digest)
    call('SREM', keys.ahead(a.account), ask.digest)
  end
  asking.set_aside(ask, 'braked')
  if not a.auth then lanes.hand_out_places(a.account) end
  return asking.parked('brake')
end
