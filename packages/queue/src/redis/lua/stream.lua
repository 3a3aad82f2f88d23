-- Lists in the order of our clock, of which the oldest go by themselves.
-- needs: nothing
local stream = {}

-- Adds an entry of these fields. Entries keep their order when the clock was ahead for a while.
function stream.add(key, fields)
  local done = pcall(call, 'XADD', key, now_text .. '-*', unpack(fields))
  if not done then call('XADD', key, '*', unpack(fields)) end
end

-- Drops what is older than `since`, ms, but for less than a node of the stream.
function stream.drop_older(key, since) call('XTRIM', key, 'MINID', '~', int(math.max(0, since))) end

return stream
