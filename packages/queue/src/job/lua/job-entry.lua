-- A job's ledger entry, as a record, and where it is when it is in nobody's hand.
-- needs: record
local job_entry = {}

-- `known`: false for a job that has no entry yet, or the feeder's note alone.
function job_entry.read(digest)
  local job = record.read(keys.job(digest))
  job.digest, job.known = digest, job.is.state ~= nil
  return job
end

-- Between two of its calls a job is BullMQ's alone; the sweep looks now and then whether it is still there.
function job_entry.wait(job)
  record.put(job, { state = 'waiting' })
  call('ZADD', keys.waiting, now_text, job.digest)
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
