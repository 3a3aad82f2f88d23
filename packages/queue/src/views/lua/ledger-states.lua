-- What the ledger says of jobs that one of BullMQ's sets or lists still has. a.digests in order. Answers [state, status, used] for each, ''
-- for what is not there: one that was cancelled in a plain list stays there until a worker takes it.
-- needs: used_ids
script('ledger_states', {
  flags = { 'no-writes' },
  run = function(a)
    local answers = {}
    for i, d in ipairs(a.digests) do
      local j = call('HMGET', keys.job(d), 'state', 'status')
      answers[i] = { j[1] or '', j[2] or '', not j[1] and used_ids.status_of(d, a.ledgerDays) or '' }
    end
    return answers
  end,
})
