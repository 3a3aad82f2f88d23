-- Puts a text that was sealed anew in place of the one it was made from, unless somebody wrote another meanwhile. Answers 1 when it did.
local key = P .. a.name
if call('HGET', key, a.field) ~= a.was then return 0 end
call('HSET', key, a.field, a.becomes)
return 1
