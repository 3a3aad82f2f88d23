-- The hours of an account: the times at which it is open, which are written ahead for some days by who knows the rules of time zones
-- (account-hours.ts of contracts). Beyond what is written it is closed.
-- needs: texts
local hours = {}
-- The line of the jobs that wait for their account to open.
hours.LINE = 'hours'
-- Where nothing more is written: looked at again after this, ms.
local LOOK_MS = 60000

-- The times of an account's record; nil for one without hours.
function hours.of(text)
  if not text or text == '' then return nil end
  return texts.read(text)
end

-- The first moment from `at` on at which it is open.
function hours.open_at(times, at)
  for _, time in ipairs(times.open) do
    if at < time[2] then return math.max(at, time[1]) end
  end
  return math.max(times.till, at + LOOK_MS)
end

return hours
