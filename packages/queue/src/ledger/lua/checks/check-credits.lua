-- The day's credits: what was spent, what may have been, and what is out.
-- needs: asking
return function(ask)
  local a = ask.a
  if not a.maxCreditsPerDay then return nil end
  local day_ends_in = (today + 1) * DAY_MS - now
  -- No day has room for it: it must not stand at the head of a line, where it would hold up all others.
  if a.price > a.maxCreditsPerDay then return asking.step_aside(ask, day_ends_in, 'over_day_budget') end
  local c = call('HMGET', keys.credits(today), 'charged', 'uncertain', 'held')
  if num(c[1]) + num(c[2]) + num(c[3]) + a.price <= a.maxCreditsPerDay then return nil end
  return asking.wait(day_ends_in, 'day_budget')
end
