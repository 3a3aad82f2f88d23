-- Names the one job that looks for a write that was told unknown, and writes its entry, so that looks alone are ever granted to it: the first free id.
-- The entry is written before the job is added: a crash between the two is healed by asking again, and the sweep ends what nobody asks for again.
-- a.candidates: [id, digest] each, in order. Answers: new(id) | again(id): named, not added | known(id) | none | redriven | resolved | state_lost.
-- needs: bullmq, record, job_entry, used_ids, state_loss
local function is_ours(a, entry)
  return entry.reconciling and entry.state ~= 'settled' and cjson.decode(entry.reconciling).of.digest == a.digest
end

local function begin(a, id, job)
  record.put(job, { queue = a.queue, id = id, account = a.account, meta = a.meta, campaign = a.campaign or false, reconciling = a.reconciling, lookAt = now_text })
  job_entry.wait(job)
  record.write(job)
end

script('reconcile', {
  run = function(a)
    tick()
    if state_loss.stands() then return { 'state_lost', '' } end
    -- A message of the same text that was sent again would be taken for the first one.
    if call('EXISTS', keys.redriven(a.digest)) == 1 then return { 'redriven', '' } end
    if call('EXISTS', keys.resolved(a.digest)) == 1 then return { 'resolved', '' } end
    for _, c in ipairs(a.candidates) do
      local id, digest = c[1], c[2]
      local job = job_entry.read(digest)
      if is_ours(a, job.is) then return { bullmq.has(a.queue, id) and 'known' or 'again', id } end
      if not job.known and not bullmq.has(a.queue, id) and not used_ids.status_of(digest, a.ledgerDays) then
        begin(a, id, job)
        return { 'new', id }
      end
    end
    return { 'none', '' }
  end,
})
