/** What is said of files that stay off the chain; a part of the table of problems. */
export const fileProblems = {
  "file-exists": { status: 409, zh: "该文件已登记", en: "The file is registered already" },
  "file-being-registered": {
    status: 409,
    zh: "该文件正在登记，尚不能放弃",
    en: "The file is being registered and cannot be abandoned yet",
  },
  "file-size-does-not-match": { status: 422, zh: "文件大小与分块数不符", en: "Size and number of chunks do not fit" },
  "file-root-does-not-match": { status: 422, zh: "文件名称不是其分块哈希的根", en: "The name of the file is not the root of its chunks" },
  "file-too-large": { status: 413, zh: "文件超过5 GiB", en: "The file is longer than 5 GiB" },
  "file-name-not-usable": { status: 422, zh: "文件名或媒体类型不可用", en: "The name or the media type of the file cannot be used" },
  "unknown-file": { status: 404, zh: "没有此文件", en: "There is no such file" },
  "unknown-upload": { status: 404, zh: "没有此文件的上传", en: "There is no upload of this file" },
  "unknown-chunk": { status: 404, zh: "文件没有此分块", en: "The file has no such chunk" },
  "chunk-size-does-not-match": { status: 422, zh: "分块长度不正确", en: "The chunk has the wrong length" },
  "chunk-does-not-match": { status: 422, zh: "分块与其哈希不符", en: "The chunk is not the one of its hash" },
  "chunk-not-through-api": { status: 413, zh: "该分块须经直传链接发送", en: "This chunk must be sent by its link" },
  "chunks-missing": { status: 409, zh: "尚有分块未上传", en: "Chunks are missing" },
  "too-many-uploads": { status: 409, zh: "未完成的上传过多", en: "Too many uploads are open" },
  "file-of-another-member": { status: 422, zh: "文件由其他成员登记", en: "The file is registered by another member" },
  "file-does-not-match": { status: 422, zh: "文件引用与登记信息不符", en: "The reference does not fit the registered file" },
  "not-a-file-field": { status: 422, zh: "该字段不是文件", en: "The field holds no file" },
  "field-not-granted": { status: 403, zh: "该申请未包含此字段", en: "The request does not have this field" },
  "file-not-here": { status: 503, zh: "文件的所有者目前没有该文件的数据", en: "The owner does not hold the file now" },
  "file-answer-wrong": { status: 502, zh: "文件所有者的应答不正确", en: "The owner of the file answered wrongly" },
  "file-link-invalid": { status: 403, zh: "文件链接无效或已过期", en: "The link is not valid, or not any more" },
  "files-busy": { status: 503, zh: "文件传输过多，请稍后再试", en: "Too many transfers at one time; try again" },
} as const;

export type FileCode = keyof typeof fileProblems;
