-- A window of places, each busy until a moment: a sorted set of names by when their place is free. The key's rate window is one, and the few
-- calls that are out in doubt are another.
-- needs: nothing
local window = {}

-- How many places are busy. Slots whose moment has come are free.
function window.count(key)
  call('ZREMRANGEBYSCORE', key, '-inf', now_text)
  return call('ZCARD', key)
end

-- As `count`, for those who only read.
function window.look(key) return call('ZCOUNT', key, '(' .. now_text, '+inf') end

function window.take(key, name, until_ms) call('ZADD', key, until_ms, name) end
-- For a place that is still busy.
function window.move(key, name, until_ms) call('ZADD', key, 'XX', until_ms, name) end
-- All busy places are busy for so much longer.
function window.lengthen(key, by_ms)
  local flat = call('ZRANGE', key, 0, -1, 'WITHSCORES')
  for i = 1, #flat, 2 do call('ZADD', key, 'XX', num(flat[i + 1]) + by_ms, flat[i]) end
end
function window.free(key, name) call('ZREM', key, name) end
function window.has(key, name) return call('ZSCORE', key, name) and true or false end

-- When so many of the busy places are free, 1 for the first.
function window.next_free_at(key, nth) return num(call('ZRANGE', key, nth - 1, nth - 1, 'WITHSCORES')[2]) end

-- A window that slides with the clock: there the moments are those at which places were taken, and a place is free one length later. The same
-- set serves windows of any length.

-- How many places are busy.
function window.slides_count(key, length_ms) return call('ZCOUNT', key, '(' .. int(now - length_ms), '+inf') end

-- When the nth of the latest places was taken, 1 for the last; 0 where fewer were.
function window.slides_nth_at(key, nth) return num(call('ZREVRANGE', key, nth - 1, nth - 1, 'WITHSCORES')[2]) end

-- When at most `most` - 1 of the places that were taken are busy, so that there is one; a moment that is over: now.
function window.slides_free_at(key, most, length_ms) return window.slides_nth_at(key, most) + length_ms end

return window
