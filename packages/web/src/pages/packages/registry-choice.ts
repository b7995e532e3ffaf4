import type { RegistryAnswer } from "@entrepot/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { itemsOf } from "../../api/paging.ts";
import { registriesQuery } from "../registries/registry-queries.ts";

/** The registries that may be seen, as far as a choice of one shows them. */
export function useRegistryChoice(): RegistryAnswer[] {
  return itemsOf(useInfiniteQuery(registriesQuery()).data);
}
