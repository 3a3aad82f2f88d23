-- The second mark: written when the connection is open, before the first byte. 1: go. 0: the grant is gone, nothing may leave.
tick()
local j = call('HMGET', JOB(a.d), 'state', 'call', 'deadline')
if j[1] ~= 'open' or j[2] ~= a.callId then return 0 end
if now >= num(j[3]) then return 0 end
local k = call('HMGET', KEY, 'state', 'reason', 'probe')
if k[1] == 'stopped' and k[3] ~= a.callId then return 0 end
call('HSET', JOB(a.d), 'left', '1')
return 1
