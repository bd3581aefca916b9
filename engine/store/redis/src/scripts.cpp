#include "scripts.h"

namespace engine::store::redis {

// Redis takes nothing back when a script fails in the middle: everything that can be refused is refused
// before the first write, and below it are only commands on keys that this script alone makes.
const char* const kCommitScript = R"lua(
local stored = redis.call('HMGET', KEYS[1], 'applied', 'epoch')
local none = '00000000000000000000'
local applied, epoch = stored[1] or none, stored[2] or none
if epoch > ARGV[2] then return {'FENCED', applied, epoch} end
if applied ~= ARGV[1] then return {'CAS', applied, epoch} end
local i, n = 6, #ARGV
while i <= n do
  local operation, t = ARGV[i], tonumber(ARGV[i + 1])
  local values, keys = KEYS[2 * t], KEYS[2 * t + 1]
  if operation == 'P' then
    if redis.call('HSET', values, ARGV[i + 2], ARGV[i + 3]) == 1 then
      redis.call('ZADD', keys, 0, ARGV[i + 2])
    end
    i = i + 4
  elseif operation == 'E' then
    if redis.call('HDEL', values, ARGV[i + 2]) == 1 then redis.call('ZREM', keys, ARGV[i + 2]) end
    i = i + 3
  else
    local gone = redis.call('ZRANGEBYLEX', keys, ARGV[i + 2], ARGV[i + 3])
    for from = 1, #gone, 1000 do
      redis.call('HDEL', values, unpack(gone, from, math.min(from + 999, #gone)))
    end
    redis.call('ZREMRANGEBYLEX', keys, ARGV[i + 2], ARGV[i + 3])
    i = i + 4
  end
end
redis.call('HSET', KEYS[1], 'applied', ARGV[3], 'epoch', ARGV[2], 'now', ARGV[4], 'fingerprint', ARGV[5])
return {'OK'}
)lua";

const char* const kScanScript = R"lua(
local keys = redis.call(ARGV[1], KEYS[2], ARGV[2], ARGV[3], 'LIMIT', 0, ARGV[4])
local rows = {}
for from = 1, #keys, 1000 do
  local to = math.min(from + 999, #keys)
  local values = redis.call('HMGET', KEYS[1], unpack(keys, from, to))
  for i = 1, #values do
    rows[#rows + 1] = keys[from + i - 1]
    rows[#rows + 1] = values[i]
  end
end
return rows
)lua";

}  // namespace engine::store::redis
