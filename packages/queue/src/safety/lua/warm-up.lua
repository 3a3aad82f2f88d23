-- The warm-up of an account: its caps of writes are a share of what they are, by how long it has been writing. The clock of it starts with the first
-- write that was really sent, anew after a month without one and after a restriction.
-- needs: nothing
local warm_up = {}
-- Without a write for so long it begins anew.
local FORGOTTEN_MS = 30 * DAY_MS
-- A cap that lets more through lets at least so many.
local LEAST = 2

-- From when on it has been writing without a long pause; nil: it has not.
local function since(wrote)
  local from, last = string.match(wrote or '', '^(%d+) (%d+)$')
  return from and num(last) > now - FORGOTTEN_MS and num(from) or nil
end

-- The share that holds now; nil: all of it. `steps`: `<ms>:<share>` with commas between, in order.
function warm_up.share(steps, wrote)
  local age = now - (since(wrote) or now)
  for ms, share in string.gmatch(steps, '(%d+):([%d.]+)') do
    if age < num(ms) then return num(share) end
  end
  return nil
end

-- The caps of an account with this share of those of writes.
function warm_up.scaled(held, share)
  local scaled = {}
  for scope, list in pairs(held) do
    if not WRITES[scope] then scaled[scope] = list
    else
      scaled[scope] = {}
      for i, cap in ipairs(list) do scaled[scope][i] = { math.max(math.min(LEAST, cap[1]), math.floor(cap[1] * share)), cap[2] } end
    end
  end
  return scaled
end

-- A write was sent by now.
function warm_up.wrote(account_id)
  local was = call('HGET', keys.account(account_id), 'wrote')
  call('HSET', keys.account(account_id), 'wrote', int(since(was) or now) .. ' ' .. now_text)
end

function warm_up.begin_anew(account_id) call('HDEL', keys.account(account_id), 'wrote') end

return warm_up
