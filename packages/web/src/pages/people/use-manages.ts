import { useInfiniteQuery, useSuspenseQuery } from "@tanstack/react-query";
import { itemsOf } from "../../api/paging.ts";
import { sessionQuery } from "../../api/session.ts";
import { membersQuery } from "./people-queries.ts";

/** Whether who looks may change an organization: who manages all of them, and its own owners and admins. */
export function useManages(organization: string): boolean {
  const { data: self } = useSuspenseQuery(sessionQuery());
  const members = itemsOf(useInfiniteQuery(membersQuery(organization)).data);
  const own = members.find(({ user }) => user === self?.user)?.role;
  return self?.may.includes("manage-teams") === true || own === "owner" || own === "admin";
}
