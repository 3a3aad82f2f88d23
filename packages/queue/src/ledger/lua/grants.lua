-- Open grants, and how one is taken back.
-- needs: record, job_entry, lanes, credits, window, account_rules, people
local grants = {}

-- Nothing left under it, so its slot was never used and is free at once.
function grants.cancel(job)
  local entry = job.is
  window.free(keys.slots, entry.call)
  call('ZREM', keys.open, job.digest)
  credits.release(entry)
  if entry.booked then account_rules.unsent(entry) end
  -- The grant of a look is not the one that was booked.
  if entry.touched and not entry.reconciling then
    people.settle_touch(entry, false)
    record.put(job, { touched = false })
  end
  lanes.leave(entry.account, job.digest, nil)
  record.put(job, { held = '0', left = false, deadline = false, booked = false })
  job_entry.wait(job)
  record.write(job)
  lanes.hand_out_places(entry.account)
end

return grants
