export { createApi, createPublicApi } from "./app.ts";
export type { ApiEnv, ApiNeeds } from "./context.ts";
export { docsFiles } from "./docs-page.ts";
export type { Metrics } from "./metrics.ts";
export { type ProblemCode, type ProblemRow, problemCodes, problemTable } from "./problem-table.ts";
export { type PublicRoute, publicRoutes } from "./public-routes.ts";
export { defaultQuotas, type Quotas } from "./rate-limit.ts";
export { isScope, type Scope, scopes, scopeTitles } from "./scopes.ts";
