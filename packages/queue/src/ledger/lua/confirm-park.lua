#!lua flags=allow-oom
-- After a parked job went to BullMQ's `delayed`: was it handed its place meanwhile? Without this look it would sleep for ever.
local j = call('HMGET', JOB(a.d), 'state', 'account')
if j[1] == 'released' then
  promote_job(a.d)
  return 'released'
end
if j[1] == 'parked' and fill(j[2]) > 0 and call('HGET', JOB(a.d), 'state') == 'released' then return 'released' end
return j[1] == 'parked' and 'parked' or 'gone'
