-- After a parked job went to BullMQ's `delayed`: was it handed its place meanwhile? Without this look it would sleep for ever.
-- needs: lanes
script('confirm_park', {
  flags = { 'allow-oom' },
  run = function(a)
    local j = call('HMGET', keys.job(a.d), 'state', 'account')
    if j[1] == 'released' then
      lanes.promote_job(a.d)
      return 'released'
    end
    if j[1] ~= 'parked' then return 'gone' end
    local handed = lanes.hand_out_places(j[2]) > 0
    return handed and call('HGET', keys.job(a.d), 'state') == 'released' and 'released' or 'parked'
  end,
})
