import type { TokenAnswer } from "@entrepot/core";
import { infiniteQueryOptions } from "@tanstack/react-query";
import { pagesFrom } from "../../api/paging.ts";

/** Where the API has tokens: one's own, or all of them. */
export type TokenPlace = "/tokens" | "/keys";

/** Tokens, page by page. */
export const tokensQuery = (where: TokenPlace) =>
  infiniteQueryOptions({ queryKey: ["tokens", where], ...pagesFrom<TokenAnswer>(where) });
