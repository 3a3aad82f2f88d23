-- Which accounts are served next: those with least ahead, and of these who waited longest. Turns are dealt in this order by campaign-turns.ts,
-- where it changes with each turn; here it says which accounts a plan must name at all (decision 10). One test holds both to the same order.
-- needs: nothing
local longest_waiting = {}

-- Of `accounts` the first `most`, of equals the first in the list. ahead, served: by account; of one that is not in them 0.
function longest_waiting.first(accounts, most, ahead, served)
  local function before(one, other)
    local x, y = ahead[one] or 0, ahead[other] or 0
    if x == y then x, y = served[one] or 0, served[other] or 0 end
    return x < y
  end
  local first = {}
  for _, account in ipairs(accounts) do
    if #first < most or before(account, first[#first]) then
      local at = #first + 1
      while at > 1 and before(account, first[at - 1]) do at = at - 1 end
      table.insert(first, at, account)
      first[most + 1] = nil
    end
  end
  return first
end

return longest_waiting
