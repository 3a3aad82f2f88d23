-- Rests: who was told to slow down stays still until a moment, each time longer. A ladder says for how long: the first rest, how it grows,
-- and its longest, in ms.
-- needs: nothing
local rests = {}

-- LinkedIn throttles a member: an hour at first, as its limits are of hours and days.
rests.LINKEDIN = { first_ms = 3600000, factor = 2, most_ms = 86400000 }
-- Half of the last fifty answers were 500: the key.
rests.SERVER_ERRORS = { first_ms = 5000, factor = 2, most_ms = 300000 }

-- The rest after one of `last_ms`, 0 for none.
function rests.after(ladder, last_ms)
  if last_ms == 0 then return ladder.first_ms end
  return math.min(last_ms * ladder.factor, ladder.most_ms)
end

-- A rest by how often there was cause for one, 1 for the first.
function rests.nth(ladder, nth)
  -- Beyond this the longest has been reached, whatever the ladder.
  local MOST_STEPS = 20
  return math.min(ladder.most_ms, ladder.first_ms * ladder.factor ^ math.min(nth - 1, MOST_STEPS))
end

function rests.is_on(until_ms) return num(until_ms) > now end

return rests
