-- Ends the entries of jobs whose outcomes are on the results queue: their marks go, their outcomes are kept for reading, and they
-- shrink to a byte.
-- needs: used_ids, outcomes
local published_entries = {}

-- A campaign that is over is forgotten when the ids of its recipients' jobs are free again: counted from the last of them. `own`: of a job's entry.
function published_entries.keep_campaign(campaign, own)
  if campaign and own == '1' then call('ZADD', keys.ended_campaigns, 'XX', now, campaign) end
end

-- `digests`: of entries that have their mark. a: outcomeDays, ledgerDays.
function published_entries.drop(digests, a)
  if #digests == 0 then return end
  call('ZREM', keys.outbox, unpack(digests))
  local entries, ids = {}, {}
  for i, digest in ipairs(digests) do
    local entry = call('HMGET', keys.job(digest), 'status', 'outcomeId', 'campaign', 'own')
    entries[i] = { digest = digest, status = entry[1] or 's' }
    if entry[2] then ids[#ids + 1] = entry[2] end
    published_entries.keep_campaign(entry[3], entry[4])
  end
  outcomes.keep_all(ids, a.outcomeDays)
  used_ids.compact_entries(entries, { ledger_days = a.ledgerDays, is_redriven = true })
end

return published_entries
