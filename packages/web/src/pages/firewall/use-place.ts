import { useSuspenseInfiniteQuery, useSuspenseQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { itemsOf } from "../../api/paging.ts";
import { sessionQuery } from "../../api/session.ts";
import { registriesQuery } from "../registries/registry-queries.ts";
import { permissionsQuery, type PlaceName } from "./firewall-queries.ts";

/** Whose rules and holds are looked at, and what may be done there. */
export interface Place {
  /** A registry; null for all of them, which only administrators look at. */
  name: PlaceName;
  /** True for who may change rules there. */
  mayManage: boolean;
  isAdmin: boolean;
  /** Those there are. */
  registries: string[];
}

/** The place that the URL names; who is no administrator begins with the first registry. */
export function usePlace(): Place {
  const { registry } = useSearch({ strict: false });
  const { data: self } = useSuspenseQuery(sessionQuery());
  const { data } = useSuspenseInfiniteQuery(registriesQuery());
  const registries = itemsOf(data).map(({ name }) => name);
  const isAdmin = self?.may.includes("administer") === true;
  const name = registry ?? (isAdmin ? null : (registries[0] ?? null));
  const { data: may } = useSuspenseQuery(permissionsQuery(name));
  return { name, isAdmin, registries, mayManage: name === null ? isAdmin : may.includes("manage-registry") };
}

/** Words for a place. */
export function placeWords(name: PlaceName): string {
  return name === null || name === "*" ? "every registry" : name;
}
