import type { ShownAnnouncementAnswer } from "@entrepot/core";
import { queryOptions, useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { api } from "../api/client.ts";
import { Icon } from "../components/icon.tsx";

const REFRESH_MS = 60_000;

/** What administrators tell everybody. */
export const announcementQuery = () =>
  queryOptions({
    queryKey: ["announcement"],
    queryFn: async ({ signal }) =>
      (await api.call<ShownAnnouncementAnswer>("/announcement", { signal })).announcement,
    staleTime: REFRESH_MS,
    refetchInterval: REFRESH_MS,
  });

/** The text above every page; nothing where there is none. */
export function Announcement(): ReactElement | null {
  const { data } = useQuery(announcementQuery());
  if (data === undefined || data === null) return null;
  return (
    <aside
      aria-label="Announcement"
      className={`flex gap-2.5 px-4 py-2 sm:px-6 ${data.level === "warning" ? "bg-warn-soft" : "bg-accent-soft"}`}
    >
      <Icon
        name={data.level === "warning" ? "alert" : "globe"}
        className={`mt-0.5 ${data.level === "warning" ? "text-warn" : "text-accent"}`}
      />
      <p className="min-w-0 [overflow-wrap:anywhere]">{data.text}</p>
    </aside>
  );
}
