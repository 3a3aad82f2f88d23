-- Names the one job that does an ended job again: the first free id, kept, so that asking twice names the same one.
-- The name is written before the job is added: a crash between the two is healed by asking again. It outlives what the ledger knows of the
-- old job, without which nothing is re-driven; and the new job ends after the old one did, so the ledger knows it at least as long.
-- a.candidates: [id, digest] each, in order. Answers: new(id) | again(id): named, not added | known(id) | none | campaign_cancelled |
-- happened: a person said so of the old one, or a look found it.
-- needs: bullmq, used_ids
local function is_taken(a, id, digest)
  return bullmq.has(a.queue, id) or call('EXISTS', keys.job(digest)) == 1 or used_ids.status_of(digest, a.ledgerDays) ~= nil
end

-- After an obliterate, BullMQ's numbers come again: two old jobs may look for the same free id.
local function claim(a, id, digest)
  local owner = keys.redrive_of(digest)
  if not call('SET', owner, a.digest, 'NX') then return false end
  local mine = keys.redriven(a.digest)
  used_ids.keep_redriven(owner, a.ledgerDays)
  call('SET', mine, id)
  call('ZREM', keys.unknown_writes, a.outcomeId)
  -- The time of one that is not published yet is set then.
  if call('EXISTS', keys.job(a.digest)) == 0 then used_ids.keep_redriven(mine, a.ledgerDays) end
  return true
end

script('redrive', {
  run = function(a)
    tick()
    local named = call('GET', keys.redriven(a.digest))
    if not named and a.campaign and call('HGET', keys.campaign(a.campaign), 'state') == 'cancelled' then return { 'campaign_cancelled', '' } end
    local happened = a.heeds and call('GET', keys.resolved(a.digest)) == '1'
    for _, c in ipairs(a.candidates) do
      local id, digest = c[1], c[2]
      local taken = (not named or named == id) and is_taken(a, id, digest)
      if named == id and taken then return { 'known', id } end
      local is_it = named == id or (not named and not taken)
      if is_it and happened then return { 'happened', '' } end
      if is_it and (named or claim(a, id, digest)) then return { named and 'again' or 'new', id } end
    end
    return { 'none', '' }
  end,
})
