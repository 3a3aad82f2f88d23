-- What becomes of the entries of jobs whose outcomes are on the results queue: their marks go, their outcomes are kept for reading, and they
-- shrink to a byte.
-- needs: used_ids, outcomes
local published_entries = {}

-- `digests`: of entries that have their mark. a: outcomeDays, ledgerDays.
function published_entries.drop(digests, a)
  if #digests == 0 then return end
  call('ZREM', keys.outbox, unpack(digests))
  local entries, ids = {}, {}
  for i, d in ipairs(digests) do
    local j = call('HMGET', keys.job(d), 'status', 'outcomeId', 'campaign', 'own')
    entries[i] = { d = d, status = j[1] or 's' }
    if j[2] then ids[#ids + 1] = j[2] end
    -- A campaign that is over is forgotten when the ids of its recipients' jobs are free again: counted from the last of them.
    if j[3] and j[4] == '1' then call('ZADD', keys.ended_campaigns, 'XX', now, j[3]) end
  end
  outcomes.keep_all(ids, a.outcomeDays)
  used_ids.compact_entries(entries, a.ledgerDays)
end

return published_entries
