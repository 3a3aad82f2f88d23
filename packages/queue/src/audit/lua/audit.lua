-- Who changed what. Written while Redis is full, too: a stop must go through, and be known.
-- needs: stream
local DAYS = 90
local MOST = 100000

script('audit', {
  flags = { 'allow-oom' },
  run = function(a)
    tick()
    for _, one in ipairs(a.entries) do
      stream.add(keys.audit, { 'by', one.by, 'via', one.via, 'from', one.from, 'what', one.what,
        'target', one.target, 'status', one.status, 'count', one.count })
    end
    stream.drop_older(keys.audit, now - DAYS * DAY_MS)
    call('XTRIM', keys.audit, 'MAXLEN', '~', MOST)
    return #a.entries
  end,
})
