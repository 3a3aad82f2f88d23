-- Open grants, and how one is taken back.
-- needs: record, job_entry, lanes, credits, window
local grants = {}

-- Nothing left under it, so its slot was never used and is free at once.
function grants.cancel(job)
  local entry = job.is
  window.free(keys.slots, entry.call)
  call('ZREM', keys.open, job.digest)
  credits.release(entry)
  lanes.leave(entry.account, job.digest, nil)
  record.put(job, { held = '0', left = false, deadline = false })
  job_entry.wait(job)
  record.write(job)
  lanes.hand_out_places(entry.account)
end

return grants
