import { useMatches } from "@tanstack/react-router";
import { useEffect } from "react";

/** A page and those that it is part of. */
export interface Crumb {
  title: string;
  pathname: string;
}

/** The page and those above it, the page last. */
export function useCrumbs(): Crumb[] {
  return useMatches().flatMap(({ staticData, params, pathname }) => {
    const { title } = staticData;
    if (title === undefined) return [];
    return [{ title: typeof title === "string" ? title : title(params), pathname }];
  });
}

/** Names the page in the browser's title, the most particular first. */
export function usePageTitle(): void {
  const title = useCrumbs()
    .map((crumb) => crumb.title)
    .reverse()
    .join(" · ");
  useEffect(() => {
    document.title = title === "" ? "Entrepot" : `${title} · Entrepot`;
  }, [title]);
}
