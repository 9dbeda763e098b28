/** Who stands behind a key or did an act: a member by its id, an account by its address. */
export type Party = { readonly kind: "member" | "account"; readonly id: string };

/** The agency app and its operator, as the member that signed the entry names them. */
export type By = { readonly app: string; readonly operator: string };

/** A row whose existence is all that it says. */
export type MarkRow = { readonly [none: string]: never };
