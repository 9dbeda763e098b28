import { row } from "./row.ts";

/** Files that stay off the chain. */
export const fileProblems = {
  "file-exists": row(409, "该文件已登记", "The file is registered already"),
  "file-being-registered": row(409, "该文件正在登记，尚不能放弃", "The file is being registered and cannot be abandoned yet"),
  "file-size-does-not-match": row(422, "文件大小与分块数不符", "Size and number of chunks do not fit"),
  "file-root-does-not-match": row(422, "文件名称不是其分块哈希的根", "The name of the file is not the root of its chunks"),
  "file-too-large": row(413, "文件超过5 GiB", "The file is longer than 5 GiB"),
  "file-name-not-usable": row(422, "文件名或媒体类型不可用", "The name or the media type of the file cannot be used"),
  "unknown-file": row(404, "没有此文件", "There is no such file"),
  "unknown-upload": row(404, "没有此文件的上传", "There is no upload of this file"),
  "unknown-chunk": row(404, "文件没有此分块", "The file has no such chunk"),
  "chunk-size-does-not-match": row(422, "分块长度不正确", "The chunk has the wrong length"),
  "chunk-does-not-match": row(422, "分块与其哈希不符", "The chunk is not the one of its hash"),
  "chunk-not-through-api": row(413, "该分块须经直传链接发送", "This chunk must be sent by its link"),
  "chunks-missing": row(409, "尚有分块未上传", "Chunks are missing"),
  "too-many-uploads": row(409, "未完成的上传过多", "Too many uploads are open"),
  "file-of-another-member": row(422, "文件由其他成员登记", "The file is registered by another member"),
  "file-does-not-match": row(422, "文件引用与登记信息不符", "The reference does not fit the registered file"),
  "not-a-file-field": row(422, "该字段不是文件", "The field holds no file"),
  "field-not-granted": row(403, "该申请未包含此字段", "The request does not have this field"),
  "file-not-here": row(503, "文件的所有者目前没有该文件的数据", "The owner does not hold the file now"),
  "file-answer-wrong": row(502, "文件所有者的应答不正确", "The owner of the file answered wrongly"),
  "file-link-invalid": row(403, "文件链接无效或已过期", "The link is not valid, or not any more"),
  "files-busy": row(503, "文件传输过多，请稍后再试", "Too many transfers at one time; try again"),
} as const;
