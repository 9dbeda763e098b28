export { createApi, createFoundingApi, createPublicApi } from "./app.ts";
export { type DocsFile, docsFiles } from "./context/docs-file.ts";
export type { ApiEnv } from "./context/http.ts";
export type { Metrics } from "./context/metrics.ts";
export { type ApiNeeds, type Chain, type Chains, oneChain } from "./context/needs.ts";
export { defaultQuotas, type Quotas } from "./context/quotas.ts";
export { type PublicRoute, publicRoutes } from "./public-routes.ts";
