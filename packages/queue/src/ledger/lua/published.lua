-- The outcomes are on the results queue, or kept nowhere any more: drop their marks as `publish` does.
-- `a.isLost`: whoever asks found no outcome of them, maybe before a failover took back how they were settled, and before that was done again: marks of
-- outcomes that are kept stay.
-- Answers how many marks were dropped; a mark that is gone was dropped before.
-- needs: published_entries

local function is_kept(digest)
  local id = call('HGET', keys.job(digest), 'outcomeId')
  return id and call('EXISTS', keys.outcome(id)) == 1
end

script('published', {
  flags = { 'allow-oom' },
  run = function(a)
    local marked = {}
    local marks = #a.digests > 0 and call('ZMSCORE', keys.outbox, unpack(a.digests)) or {}
    for i, digest in ipairs(a.digests) do
      if marks[i] and not (a.isLost and is_kept(digest)) then marked[#marked + 1] = digest end
    end
    published_entries.drop(marked, a)
    return #marked
  end,
})
