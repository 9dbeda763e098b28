import { row } from "./row.ts";

/** What the world does wrong: faults of storage, keys and other members. */
export const worldProblems = {
  "storage-full": row(507, "存储空间已满，暂停写入", "Storage is full; writes are refused"),
  "storage-read-only": row(503, "存储只读，暂停写入", "Storage is read-only; writes are refused"),
  "storage-failed": row(503, "存储暂时不可用", "Storage is not available"),
  "storage-layout-newer": row(503, "存储版本高于程序版本", "The storage layout is newer than this program"),
  "data-too-old": row(
    503,
    "存储的是 0.1 版的数据，本版本不读取",
    "The storage holds data of version 0.1, which this version does not read",
  ),
  "keys-unavailable": row(503, "密钥服务暂时不可用", "The key service is not available"),
  "key-unwrap-failed": row(500, "密钥无法解封", "A key cannot be unwrapped"),
  "peer-unreachable": row(503, "无法连接其他成员", "Another member cannot be reached"),
  "peer-refused": row(502, "其他成员拒绝了请求", "Another member refused the call"),
  "stale-turn": row(503, "系统繁忙，请重试", "Busy; try again"),
  "upgrade-needed": row(503, "本成员需要升级程序", "This member must be upgraded"),
} as const;
