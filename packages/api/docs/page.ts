export const docsPage = `<!doctype html>
<html lang="zh">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Vermilion API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="api"></div>
<noscript>本页需要 JavaScript；接口文档见 <a href="/openapi.json">/openapi.json</a> · this page needs JavaScript</noscript>
<script src="/docs/swagger-ui.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

/** The page cannot sign, so that it takes a token that was made where the key is. */
export const docsStart = `"use strict";
fetch("/openapi.json").then((answer) => answer.json()).then((spec) => {
  spec.servers = [{ url: location.origin }];
  spec.components.securitySchemes.app = {
    type: "http",
    scheme: "bearer",
    description: "\u4ee4\u724c\u7528 vermilion token \u53d6\u5f97\uff0c\u6709\u6548 5 \u5206\u949f \u00b7 paste what \`vermilion token\` prints; it is good for five minutes",
  };
  SwaggerUIBundle({ spec, dom_id: "#api", deepLinking: true, docExpansion: "none", filter: true, tryItOutEnabled: true, validatorUrl: null });
}, () => {
  document.getElementById("api").textContent = "\u63a5\u53e3\u6587\u6863\u65e0\u6cd5\u8bfb\u53d6 \u00b7 the document cannot be read: /openapi.json";
});
`;

/** Nothing from another host, and no script that is not a file of this member. Swagger UI sets styles on elements. */
export const docsPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
