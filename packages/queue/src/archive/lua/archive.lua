-- The one process that archives, and what it has done.
-- needs: owed

-- From now on outcomes are handed over, for as long as somebody archives and `keepMs` longer.
local function keep_archiving(keep_ms) call('SET', keys.archiving, '1', 'PX', keep_ms) end

script('archive_open', { flags = { 'allow-oom' }, run = function(a)
  tick()
  keep_archiving(a.keepMs)
  return 1
end })

-- Takes or keeps the lease. Answers whether it is ours, how many wait, and since when the oldest does.
script('archive_take', { flags = { 'allow-oom' }, run = function(a)
  tick()
  local owner = call('GET', keys.archiver)
  if owner and owner ~= a.owner then return { 0, 0, 0 } end
  call('SET', keys.archiver, a.owner, 'PX', a.leaseMs)
  keep_archiving(a.keepMs)
  local first = call('XRANGE', keys.to_archive, '-', '+', 'COUNT', 1)[1]
  local since = first and string.match(first[1], '^%d+') or 0
  return { 1, call('XLEN', keys.to_archive), since }
end })

-- The archive has these: their data goes back to the time that outcomes are kept for reading.
script('archive_done', { flags = { 'allow-oom' }, run = function(a)
  tick()
  if call('GET', keys.archiver) ~= a.owner then return 0 end
  for _, entry in ipairs(a.entries) do
    if call('XDEL', keys.to_archive, entry[1]) == 1 then owed.settle(entry[2], a.outcomeDays) end
  end
  return #a.entries
end })

script('archive_leave', { flags = { 'allow-oom' }, run = function(a)
  tick()
  if call('GET', keys.archiver) == a.owner then call('DEL', keys.archiver) end
  return 1
end })
