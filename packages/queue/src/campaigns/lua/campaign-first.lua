-- A campaign that was started with its first recipients: how many of each account's share may be fed. Recipients are dealt to the accounts by
-- their place in the list alone (campaign-shares.ts), so that their order is known without a look at them.
-- needs: nothing
local campaign_first = {}
-- As campaign-shares.ts has them.
local MOST_SINGLY, DEALT_SINGLY, BLOCK = 100, 200, 10

-- Of the first `blocks` blocks, which go round, those of the account at place `i` of `accounts`.
local function blocks_of(i, accounts, blocks) return math.floor((blocks + accounts - i) / accounts) end

-- Of the first `places` of the list, the recipients of the account at place `i`, from 1.
local function share_of(i, accounts, places)
  if accounts <= MOST_SINGLY then return blocks_of(i, accounts, places) end
  local singly = math.min(places, DEALT_SINGLY)
  local rest = places - singly
  local blocks = singly + math.floor(rest / BLOCK)
  local share = blocks_of(i, accounts, singly) + BLOCK * (blocks_of(i, accounts, blocks) - blocks_of(i, accounts, singly))
  if rest > 0 and blocks % accounts == i - 1 then share = share + rest % BLOCK end
  return share
end

-- left: of each account's share, how many are not fed. Returns of these the first `count` of the list, by account.
function campaign_first.of(count, accepted, left)
  local total, passed = 0, {}
  for i, some in ipairs(left) do
    total = total + some
    passed[i] = share_of(i, #left, accepted) - some
  end
  if total <= count then return left end
  local function up_to(places)
    local sum, first = 0, {}
    for i, some in ipairs(left) do
      first[i] = math.max(0, math.min(some, share_of(i, #left, places) - passed[i]))
      sum = sum + first[i]
    end
    return sum, first
  end
  -- One place more is one recipient more, or none.
  local low, high = 0, accepted
  while low < high do
    local middle = math.floor((low + high) / 2)
    if up_to(middle) < count then low = middle + 1 else high = middle end
  end
  local _, first = up_to(low)
  return first
end

return campaign_first
