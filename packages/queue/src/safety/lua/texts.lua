-- The texts of accounts are JSON, read once and kept, as each call asks for them.
-- needs: nothing
local texts = {}
local MOST_READ = 1000
local read, read_count = {}, 0

function texts.read(text)
  local known = read[text]
  if known then return known end
  if read_count == MOST_READ then read, read_count = {}, 0 end
  read[text], read_count = cjson.decode(text), read_count + 1
  return read[text]
end

return texts
