-- Open grants, and how one is taken back.
-- needs: record, job_entry, lanes, credits, window
local grants = {}

-- Nothing left under it, so its slot was never used and is free at once.
function grants.cancel(job)
  local j = job.is
  window.free(keys.slots, j.call)
  call('ZREM', keys.open, job.d)
  credits.release(j)
  lanes.leave(j.account, job.d, nil)
  record.put(job, { held = '0', left = false, deadline = false })
  job_entry.wait(job)
  record.write(job)
  lanes.hand_out_places(j.account)
end

return grants
