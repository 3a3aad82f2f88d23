#!lua flags=allow-oom
-- The one process that archives, and what it has done. Events: open | take | done | leave.
local LEASE = P .. 'archiver'
local on = {}

-- From now on outcomes are handed over, for as long as somebody archives and `keepMs` longer.
function on.open()
  call('SET', ARCHIVING, '1', 'PX', a.keepMs)
  return 1
end

-- Takes or keeps the lease. Answers whether it is ours, how many wait, and since when the oldest does.
function on.take()
  local owner = call('GET', LEASE)
  if owner and owner ~= a.owner then return { 0, 0, 0 } end
  call('SET', LEASE, a.owner, 'PX', a.leaseMs)
  call('SET', ARCHIVING, '1', 'PX', a.keepMs)
  local first = call('XRANGE', TO_ARCHIVE, '-', '+', 'COUNT', 1)[1]
  local since = first and string.match(first[1], '^%d+') or 0
  return { 1, call('XLEN', TO_ARCHIVE), since }
end

-- The archive has these: their data goes back to the time that outcomes are kept for reading.
function on.done()
  if call('GET', LEASE) ~= a.owner then return 0 end
  for _, entry in ipairs(a.entries) do
    if call('XDEL', TO_ARCHIVE, entry[1]) == 1 then release(entry[2]) end
  end
  return #a.entries
end

function on.leave()
  if call('GET', LEASE) == a.owner then call('DEL', LEASE) end
  return 1
end

tick()
return on[a.event]()
