-- The ledger's states of jobs that one of BullMQ's sets or lists still has. a.digests in order. Answers [state, status, used] for each, ''
-- for what is not there: one that was cancelled in a plain list stays there until a worker takes it.
-- needs: used_ids
script('ledger_states', {
  flags = { 'no-writes' },
  run = function(a)
    local answers = {}
    for i, digest in ipairs(a.digests) do
      local entry = call('HMGET', keys.job(digest), 'state', 'status')
      answers[i] = { entry[1] or '', entry[2] or '', not entry[1] and used_ids.status_of(digest, a.ledgerDays) or '' }
    end
    return answers
  end,
})
