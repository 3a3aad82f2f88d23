-- The outcome goes onto the results queue in the step that settles the job: there is no mark then that a second step would drop, and the entry shrinks
-- at once. A settlement that is repeated finds the kept outcome, which has its moments in it and so is its own (answer-repeated.lua).
-- needs: bullmq, record, used_ids, outcomes, outcome_feed, published_entries
local publish_ended = {}

-- Whether it may. Not where the repeated settlement would have more to tell than the outcome, or would not find it; nor past the queue's bound.
-- `told`: the settlement tells of changes.
function publish_ended.may(s, told)
  local a = s.a
  local to = a.publish
  if not to or a.next ~= 'end' or s.next ~= 'end' or s.outcome == '' or a.outcomeDays == 0 or told or s.wasted_now > 0 then return false end
  local waiting, is_new = bullmq.waiting(to.queue, a.outcomeId)
  s.is_new_result = SHORT_WAYS and is_new
  return waiting < to.max
end

local function add(s)
  local to = s.a.publish
  bullmq.add(to.queue, { { id = s.a.outcomeId, name = s.status, data = s.result, is_new = s.is_new_result } }, to)
  outcome_feed.add({ { id = s.a.outcomeId, name = s.status, doubt = to.doubt } }, s.a.outcomeDays)
end

-- After its entry and its mark were written.
function publish_ended.drop_mark(s)
  add(s)
  published_entries.drop({ s.digest }, s.a)
end

-- In place of writing them. Whom the outcome is owed to is known already. `alone`: nobody takes outcomes, and no job does this one again.
function publish_ended.write(s, alone)
  local a, entry = s.a, s.job.is
  add(s)
  outcomes.put(a.outcomeId, s.outcome, { days = a.outcomeDays, is_owed = not alone })
  published_entries.keep_campaign(entry.campaign, entry.own)
  used_ids.compact_entry(s.digest, s.status, { ledger_days = a.ledgerDays, is_redriven = not alone })
  record.drop_changes(s.job)
end

-- An end that was told before, of which this outcome says less than whoever heard it knows: it is kept for reading, and handed over to nobody.
function publish_ended.keep_told(s)
  local a, entry = s.a, s.job.is
  if a.outcomeDays > 0 then outcomes.put(a.outcomeId, s.outcome, { days = a.outcomeDays }) end
  published_entries.keep_campaign(entry.campaign, entry.own)
  used_ids.compact_entry(s.digest, s.status, { ledger_days = a.ledgerDays, is_redriven = true })
  record.drop_changes(s.job)
end

return publish_ended
