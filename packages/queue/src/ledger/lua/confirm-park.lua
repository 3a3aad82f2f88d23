-- After a parked job went to BullMQ's `delayed`: was it handed its place meanwhile? Without this look it would sleep for ever.
-- needs: lanes
script('confirm_park', {
  flags = { 'allow-oom' },
  run = function(a)
    local entry = call('HMGET', keys.job(a.digest), 'state', 'account')
    if entry[1] == 'released' then
      lanes.promote_job(a.digest)
      return 'released'
    end
    if entry[1] ~= 'parked' then return 'gone' end
    local handed = lanes.hand_out_places(entry[2]) > 0
    return handed and call('HGET', keys.job(a.digest), 'state') == 'released' and 'released' or 'parked'
  end,
})
