-- A job's ledger entry, as a record, and where it is when it is in nobody's hand.
-- needs: record
local job_entry = {}

-- `known`: false for a job that has no entry yet, or the feeder's note alone.
function job_entry.read(digest)
  local job = record.read(keys.job(digest))
  job.digest, job.known = digest, job.is.state ~= nil
  return job
end

-- The campaign that a request is about: whose recipient's job it is, though its data, which the request is made from, was edited in BullMQ since.
function job_entry.campaign_of(job, a) return job.is.own == '1' and job.is.campaign or a.campaign end

-- Between two of its calls a job is BullMQ's alone; the sweep looks now and then whether it is still there.
function job_entry.wait(job)
  record.put(job, { state = 'waiting' })
  call('ZADD', keys.waiting, now_text, job.digest)
end

-- The description of a job that never came to the gate, as the sweep must have it to end the job: see JobMeta.
function job_entry.bare_meta(facts)
  return cjson.encode({ operation = facts.operation, accountId = facts.account, campaignId = facts.campaign or cjson.null, recipientId = cjson.null,
    redriveOf = facts.redrive_of or cjson.null, enqueuedAtMs = facts.made_at })
end

-- BullMQ has no such job any more: the sweep writes its outcome.
function job_entry.mark_lost(digest)
  call('HSET', keys.job(digest), 'state', 'vanished')
  call('ZADD', keys.vanished, now, digest)
end

-- A member of a lane ends with the digest.
local DIGEST_LENGTH = 20
function job_entry.digest_of(member) return string.sub(member, -DIGEST_LENGTH) end

return job_entry
