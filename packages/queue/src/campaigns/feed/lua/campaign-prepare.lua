-- Notes the jobs of a sequence before they are put into their queues: whoever settles one finds the row of its person, and moves them on in the same step (decision 59). A note without a
-- state is no ledger entry yet. A job that ended before is left as it is.
-- needs: used_ids

local function prepare(job, campaign, ledger_days)
  local entry = keys.job(job.digest)
  local state = call('HGET', entry, 'state')
  if state == 'settled' or (not state and used_ids.status_of(job.digest, ledger_days)) then return end
  if not state then call('HSET', entry, 'queue', job.queue, 'id', job.id, 'account', job.account, 'meta', job.meta) end
  call('HSET', entry, 'campaign', campaign, 'own', '1', 'row', job.row)
  if job.noReply then call('HSET', entry, 'noReply', '1') end
end

script('campaign_prepare', { flags = { 'allow-oom' }, run = function(a)
  tick()
  for _, one in ipairs(a.jobs) do prepare(one.job, one.campaign, a.ledgerDays) end
  return 1
end })
