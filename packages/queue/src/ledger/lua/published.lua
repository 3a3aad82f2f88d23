-- The outcomes are on the results queue: drop their marks, keep them for reading, shrink the ledger entries to a byte.
-- Answers how many marks there were; a mark that is gone was dropped before.
-- needs: used_ids, outcomes
script('published', {
  flags = { 'allow-oom' },
  run = function(a)
    local dropped = 0
    for _, d in ipairs(a.digests) do
      if call('ZREM', keys.outbox, d) == 1 then
        local j = call('HMGET', keys.job(d), 'status', 'outcomeId', 'campaign', 'own')
        if j[2] then outcomes.keep(j[2], a.outcomeDays) end
        used_ids.compact_entry(d, j[1] or 's', a.ledgerDays)
        -- A campaign that is over is forgotten when the ids of its recipients' jobs are free again: counted from the last of them.
        if j[3] and j[4] == '1' then call('ZADD', keys.ended_campaigns, 'XX', now, j[3]) end
        dropped = dropped + 1
      end
    end
    return dropped
  end,
})
