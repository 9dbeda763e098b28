/** Files of Swagger UI, which a platform keeps beside its code: name at our door, name in the package `swagger-ui-dist`. */
export const docsFiles = { "swagger-ui.js": "swagger-ui-bundle.js", "swagger-ui.css": "swagger-ui.css" } as const;
export type DocsFile = keyof typeof docsFiles;
