-- Jobs that were accepted and that the ledger does not know yet. Who takes one out of BullMQ before it ever came to the gate leaves no other trace
-- of it, and its sender would wait for ever. The gate has no part in this: the sweep drops what the ledger knows by now.
-- A note says that the job was added, and so is written after that. Jobs lie in buckets by the first two letters of their digests, as rows of
-- one hash, which Redis packs tightly while there are few of them; each bucket is looked at by itself.
-- needs: bullmq, job_entry, used_ids
local accepted_jobs = {}
local DIGEST_LENGTH = 20
-- A bucket is looked at this long after the first job came, and then after as long as its latest job has waited, up to an hour.
local FIRST_LOOK_MS = 60000
local LONGEST_PAUSE_MS = 3600000

-- `facts`: a JSON list of operation, account, campaign and the job that it does again. `is_new`: it was added just now, and if it is gone again that is to be told.
function accepted_jobs.note(digest, queue, id, facts, is_new)
  local made_at = call('HGET', bullmq.key(queue, id), 'timestamp')
  if not is_new and (not made_at or call('EXISTS', keys.job(digest)) == 1) then return end
  local letters = string.sub(digest, 1, 2)
  call('HSETNX', keys.accepted(letters), string.sub(digest, 3) .. queue .. ':' .. id, string.format('%.0f', made_at or now) .. facts)
  call('ZADD', keys.accepted_looks, 'LT', now + FIRST_LOOK_MS, letters)
end

-- A job that nobody will run: the sweep writes its outcome.
local function end_lost(digest, queue, id, row)
  local facts = cjson.decode(row.facts)
  local meta = job_entry.bare_meta({ operation = facts[1], account = facts[2], campaign = facts[3], redrive_of = facts[4], made_at = row.made_at })
  call('HSET', keys.job(digest), 'queue', queue, 'id', id, 'meta', meta)
  job_entry.mark_lost(digest)
end

-- Whether a job is still to be watched. `may_judge`: the ledger would know if it had ended since it was last seen.
local function stays(digest, queue, id, row, may_judge, ledger_days)
  if call('EXISTS', keys.job(digest)) == 1 then return false end
  if not bullmq.is_over(queue, id) then return true end
  if used_ids.status_of(digest, ledger_days) or not may_judge then return false end
  -- It ended without us, and the sweep reads BullMQ's lists of those.
  if bullmq.has(queue, id) then return true end
  end_lost(digest, queue, id, row)
  return false
end

-- One bucket, as a whole. Answers how many jobs were looked at.
local function look_at(letters, due_at, ledger_days)
  local may_judge = now - due_at < ledger_days * DAY_MS - LONGEST_PAUSE_MS
  local rows = call('HGETALL', keys.accepted(letters))
  local latest
  for i = 1, #rows, 2 do
    local digest = letters .. string.sub(rows[i], 1, DIGEST_LENGTH - 2)
    local queue, id = string.match(string.sub(rows[i], DIGEST_LENGTH - 1), '^([^:]*):(.*)$')
    local made_at, facts = string.match(rows[i + 1], '^(%d+)(.*)$')
    local row = { made_at = num(made_at), facts = facts }
    if stays(digest, queue, id, row, may_judge, ledger_days) then latest = math.max(latest or 0, row.made_at)
    else call('HDEL', keys.accepted(letters), rows[i]) end
  end
  if not latest then call('ZREM', keys.accepted_looks, letters)
  else call('ZADD', keys.accepted_looks, now + math.min(math.max(now - latest, FIRST_LOOK_MS), LONGEST_PAUSE_MS), letters) end
  return #rows / 2
end

-- Looks at buckets that are due until it has seen about `most` jobs.
function accepted_jobs.sweep(most, ledger_days)
  local seen = 0
  while seen < most do
    local due = call('ZRANGEBYSCORE', keys.accepted_looks, '-inf', now, 'WITHSCORES', 'LIMIT', 0, 1)
    if not due[1] then return end
    seen = seen + 1 + look_at(due[1], num(due[2]), ledger_days)
  end
end

return accepted_jobs
