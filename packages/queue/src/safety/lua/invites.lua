-- The bounds of an account's invitations that LinkedIn alone can tell of: how many are pending, and which share is accepted. Both are read now and then (invitation-count.lua); what was not read lately is
-- not known, and bounds nothing.
-- needs: state_loss
local invites = {}
-- The line of the jobs that wait for these bounds, and the family that they are of.
invites.LINE = 'invitations'
invites.FAMILY = 'invite'
-- A count of those that are pending is known for so long, ms.
invites.FRESH_MS = 4 * DAY_MS
local HALVED = { invite = true, ['invitation.send'] = true }

-- The bounds, with what is known now. `account`: invites, pending, acceptance as they are in its record. `count`, `at`: pending ones, and when they were; nil: not known. `share`: in percent; nil: not known.
function invites.of(account)
  local most, halve, stop = string.match(account.invites, '^(%d+) (%d+) (%d+)$')
  local held = { most = num(most) > 0 and num(most) or nil, halve = num(halve), stop = num(stop) }
  local at, count = string.match(account.pending or '', '^(%d+) (%d+)$')
  if at and num(at) + invites.FRESH_MS > now then held.at, held.count = num(at), num(count) end
  local accepted, looked, till = string.match(account.acceptance or '', '^(%d+) (%d+) (%d+)$')
  if till and num(till) > now then
    held.accepted, held.looked, held.share, held.till = num(accepted), num(looked), 100 * num(accepted) / num(looked), num(till)
    held.stops = held.share < held.stop
    held.halves = not held.stops and held.share < held.halve
  end
  return held
end

-- Caps with half of those of invitations, one at least where there was one.
function invites.halved(held)
  local halved = {}
  for scope, list in pairs(held) do
    halved[scope] = list
    if HALVED[scope] then
      halved[scope] = {}
      for i, cap in ipairs(list) do halved[scope][i] = { math.min(cap[1], math.max(1, math.floor(cap[1] / 2))), cap[2] } end
    end
  end
  return halved
end

-- How many may be pending now: those that were counted, and all that may have been sent since. An invitation that is accepted or withdrawn meanwhile is found by the next count.
function invites.pending(account_id, held) return held.count + call('ZCOUNT', keys.booked(account_id, invites.FAMILY), int(held.at), '+inf') end

-- Whether what was sent since they were counted is known.
local function is_counted(held) return state_loss.known_again_at(0) <= held.at end

-- How many more may be pending; nil: nobody knows, or there is no such bound.
local function left(account_id, held)
  if not held.most or not held.at then return nil end
  return is_counted(held) and held.most - invites.pending(account_id, held) or 0
end

-- Until when no call of these scopes may go, unless a reading tells otherwise before: until what it goes by is not known any more. nil: it may.
function invites.free_at(account_id, held, scopes)
  if not string.find(',' .. scopes .. ',', ',invite,', 1, true) then return nil end
  local till = held.stops and held.till or nil
  local more = left(account_id, held)
  if more and more <= 0 then till = math.max(till or 0, held.at + invites.FRESH_MS) end
  return till
end

-- How many of those that wait may go now, 0 with when they are looked at again; nil: as many as there are.
function invites.room(account_id, held)
  local till = invites.free_at(account_id, held, invites.FAMILY)
  if till then return 0, till end
  return left(account_id, held)
end

return invites
