-- The number of the layout: looked at before anything else is, and changed only by whoever knows what it was. Runs in every layout.
-- Answers what the number is now ('' for nothing kept yet, '1>2' on the way), and how many workers are alive.
-- needs: nothing
script('layout', {
  flags = { 'allow-oom' },
  any_layout = true,
  run = function(a)
    -- Before the number was written there was one layout, the first.
    local found = api_key.get('layout') or api_key.get('now') and '1' or ''
    local workers = call('ZCOUNT', keys.workers, string.format('(%.0f', now - a.aliveMs), '+inf')
    if found == a.was and not (a.alone and workers > 0) then
      api_key.put('layout', a.to)
      -- Versions from before the number open the canary and look at nothing else (the step from 1 to 2 in layout.ts).
      if found == '' then api_key.put('canary', 'moved') end
      found = a.to
    end
    return { found, workers }
  end,
})
