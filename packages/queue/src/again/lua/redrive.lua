-- Names the one job that does an ended job again: the first free id, kept, so that asking twice names the same one.
-- The name is written before the job is added: a crash between the two is healed by asking again. It outlives what the ledger knows of the
-- old job, without which nothing is re-driven; and the new job ends after the old one did, so the ledger knows it at least as long.
-- a.candidates: [id, digest] each, in order. Answers: new(id) | again(id): named, not added | known(id) | none | campaign_cancelled.
tick()
local mine = REDRIVEN(a.d)
local function taken(id, d) return call('EXISTS', bull(a.queue, id)) == 1 or call('EXISTS', JOB(d)) == 1 or used_status(d, a.ledgerDays) end

local named = call('GET', mine)
if not named and a.campaign and call('HGET', CAMPAIGN(a.campaign), 'state') == 'cancelled' then return { 'campaign_cancelled', '' } end
for _, c in ipairs(a.candidates) do
  local id, d = c[1], c[2]
  if named == id then return { taken(id, d) and 'known' or 'again', id } end
  if not named and not taken(id, d) then
    -- After an obliterate, BullMQ's numbers come again: two old jobs may look for the same free id.
    local claim = P .. 'redrive-of:' .. d
    if call('SET', claim, a.d, 'NX') then
      keep_redriven(claim, a.ledgerDays)
      call('SET', mine, id)
      -- The time of one that is not published yet is set then.
      if call('EXISTS', JOB(a.d)) == 0 then keep_redriven(mine, a.ledgerDays) end
      return { 'new', id }
    end
  end
end
return { 'none', '' }
