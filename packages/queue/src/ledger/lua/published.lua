-- The outcomes are on the results queue, or kept nowhere any more: drop their marks as `publish` does.
-- Answers how many marks there were; a mark that is gone was dropped before.
-- needs: published_entries
script('published', {
  flags = { 'allow-oom' },
  run = function(a)
    local marked = {}
    local marks = #a.digests > 0 and call('ZMSCORE', keys.outbox, unpack(a.digests)) or {}
    for i, digest in ipairs(a.digests) do
      if marks[i] then marked[#marked + 1] = digest end
    end
    published_entries.drop(marked, a)
    return #marked
  end,
})
