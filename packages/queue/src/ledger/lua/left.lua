-- The second mark: written when the connection is open, before the first byte. 1: go. 0: nothing may leave: the grant is gone, or what
-- it was given for has changed while the connection was made. The gate, asked again, says what becomes of the job.
tick()
local j = call('HMGET', JOB(a.d), 'state', 'call', 'deadline', 'expires', 'queue', 'account', 'epoch', 'campaign', 'op')
if j[1] ~= 'open' or j[2] ~= a.callId then return 0 end
if now >= num(j[3]) then return 0 end
if num(j[4]) > 0 and now >= num(j[4]) then return 0 end
if j[5] ~= 'auth' then
  local acc = call('HMGET', ACCOUNT(j[6]), 'state', 'epoch')
  if acc[1] ~= 'active' or (j[7] and (acc[2] or '') ~= j[7]) then return 0 end
end
local campaign = j[8] and call('HGET', CAMPAIGN(j[8]), 'state')
if campaign == 'paused' or campaign == 'scheduled' or campaign == 'cancelled' then return 0 end
local k = call('HMGET', KEY, 'state', 'reason', 'probe', 'doubt')
if k[1] == 'stopped' and k[3] ~= a.callId then return 0 end
if j[9] and not brakes.may_leave({ op = j[9], call = a.callId, doubt = k[4], deadline = num(j[3]) }) then return 0 end
call('HSET', JOB(a.d), 'left', '1')
return 1
