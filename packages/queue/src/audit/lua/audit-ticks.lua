-- Ticks of schedules in the audit list, in a stream of their own: however many there are, what people changed stays in its own.
-- needs: stream
local audit_ticks = {}
local DAYS = 90
local MOST = 10000
-- Entries of both streams are read as one list, in which each has a place of its own.
local FIRST = '-1000000'

function audit_ticks.add(one)
  local fields = { 'by', 'schedule', 'via', 'schedule', 'from', one.from, 'what', 'tick: ' .. one.operation, 'target', one.target, 'status', one.status }
  local done = pcall(call, 'XADD', keys.audit_ticks, now_text .. FIRST, unpack(fields))
  if not done then stream.add(keys.audit_ticks, fields) end
  stream.drop_older(keys.audit_ticks, now - DAYS * DAY_MS)
  call('XTRIM', keys.audit_ticks, 'MAXLEN', '~', MOST)
end

return audit_ticks
