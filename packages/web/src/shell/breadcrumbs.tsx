import { Link } from "@tanstack/react-router";
import type { ReactElement } from "react";
import { Icon } from "../components/icon.tsx";
import { AREAS } from "./areas.ts";
import { useCrumbs, type Crumb } from "./use-page-title.ts";

/** Where the page is, as links to what it is part of. */
export function Breadcrumbs(): ReactElement {
  const crumbs = withArea(useCrumbs());
  // The page's own heading says as much.
  if (crumbs.length < 2) return <span />;
  return (
    <nav aria-label="Breadcrumbs" className="min-w-0">
      <ol className="flex min-w-0 items-center gap-1">
        {crumbs.map((crumb, at) => (
          <li key={crumb.pathname} className="flex min-w-0 items-center gap-1">
            {at > 0 && <Icon name="chevron" className="text-faint" />}
            {at === crumbs.length - 1 ? (
              <span aria-current="page" className="truncate font-medium">
                {crumb.title}
              </span>
            ) : (
              <Link to={crumb.pathname} className="truncate text-soft hover:text-text">
                {crumb.title}
              </Link>
            )}
          </li>
        ))}
      </ol>
    </nav>
  );
}

// A page of one thing stands beside the list of them in the table of routes, and below it for who looks.
function withArea(crumbs: Crumb[]): Crumb[] {
  const [first] = crumbs;
  const area = AREAS.find(({ to }) => to !== "/" && first?.pathname.startsWith(`${to}/`) === true);
  if (area === undefined || first === undefined) return crumbs;
  return [{ title: area.title, pathname: area.to }, ...crumbs];
}
