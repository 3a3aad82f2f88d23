-- A person's word on an unknown outcome: kept in it, told again to all who are told outcomes, and counted in its campaign. It sends nothing.
-- args[2]: the packed outcome as it was read; args[3]: the same with the word. Answers done | changed: it is not what was read | gone |
-- done_again: a read found it, which may have seen the second message or invitation.
-- needs: used_ids, campaign_life, events, owed, outcome_feed
-- For as long as the job's id is used, whatever becomes of the outcome: a re-drive must know.
local function note(a)
  local mark = keys.resolved(a.digest)
  call('SET', mark, a.happened and '1' or '0')
  used_ids.keep_redriven(mark, a.ledgerDays)
end

script('resolve', { flags = { 'allow-oom' }, run = function(a, args)
  tick()
  local key = keys.outcome(a.outcomeId)
  local kept = call('GET', key)
  if not kept then return 'gone' end
  -- Repeated by a broken connection.
  if kept == args[3] then return 'done' end
  if kept ~= args[2] then return 'changed' end
  if a.isFound and call('EXISTS', keys.redriven(a.digest)) == 1 then return 'done_again' end
  call('SET', key, args[3], 'KEEPTTL')
  note(a)
  call('ZREM', keys.unknown_writes, a.outcomeId)
  outcome_feed.tell_again(a.outcomeId, a.outcomeDays)
  if a.onResults then
    call('ZADD', keys.resolved_outbox, now_text, a.outcomeId)
    owed.add(a.outcomeId)
  end
  events.hand_over_resolution({ item = a.outcomeId, status = 'unknown', campaign = a.campaign, lane = a.deliveryLane }, a.outcomeDays)
  if a.isRecipientJob then campaign_life.count_resolved(a.campaign, a.happened) end
  return 'done'
end })
