-- Notes jobs that were added, before their sender is told so: [digest, queue, id, facts, 1 for one that is new] each; see accepted-jobs.lua.
-- needs: accepted_jobs
script('note_accepted', {
  flags = { 'allow-oom' },
  run = function(a)
    tick()
    for _, row in ipairs(a.jobs) do accepted_jobs.note(row[1], row[2], row[3], row[4], row[5] == 1) end
    return 'noted'
  end,
})
