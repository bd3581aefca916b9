// The Lua that Redis runs. Numbers stay texts of fixed width: Lua's are doubles and lose digits above 2^53.
#pragma once

namespace engine::store::redis {

// KEYS: the partition's position, then, for each table of the batch, its hash of values and its ordered keys.
// ARGV: expected applied, epoch, applied, now, fingerprint, then operations: "P" table key value,
// "E" table key, "R" table begin end (as ZRANGEBYLEX takes them); a table by its place in KEYS, from 1.
// Answers {"OK"}, or {"CAS" | "FENCED", stored applied, stored epoch}.
extern const char* const kCommitScript;

// KEYS: a table's hash, its ordered keys. ARGV: command ("ZRANGEBYLEX", "ZREVRANGEBYLEX"), from, to, rows.
// Answers key, value, key, value ...: all of one moment.
extern const char* const kScanScript;

}  // namespace engine::store::redis
